from workflow.summary.lacking import lacking, reasons
from workflow.summary.summary import Summary


def test_reasons_of_good_runs_go_first(summary: Summary) -> None:
    assert reasons(summary, "f2c r 0.1", "centres/rank1") == ("this head learns no centres",)
    (diverged,) = reasons(summary, "f2c r 0.1", "closed/rank1")
    assert diverged.startswith("diverged: loss is NaN at step 210")
    assert reasons(summary, "fc", "closed/rank1") == ()
    assert reasons(summary, "fc", "never/computed") == ("the evaluation recorded no reason",)


def test_a_row_that_has_all_its_values_lacks_nothing(summary: Summary) -> None:
    found = lacking(summary)
    assert ("closed/rank1", "fc") not in found.index and ("centres/rank1", "dcq r 0.1") in found.index
