"""What was not measured and why, figures included."""

from workflow.reporting.blocks import Cell, Column, Section, Text, section, table
from workflow.reporting.claim_words import measured
from workflow.reporting.cost_words import no_device
from workflow.reporting.material import Material
from workflow.reporting.words import classes_words, ending_words, metric, spaced
from workflow.summary.gaps import Gap, LostClaim, LostCost, LostMeter, LostMode, LostRun, LostScore, Meter, gaps

TITLE = "What was not measured"
METERS = {
    Meter.MEMORY: "device memory by the allocator and by NVML",
    Meter.NVML: "utilisation, power, energy per image, clocks, temperature",
}


def page(material: Material) -> Section:
    """A line for everything that was planned or expected and has no number."""
    lost = [what_and_why(gap) for gap in gaps(material.summary)]
    lost += [(f"figure: {entry.title}", entry.reason) for entry in material.figures.values() if entry.reason]
    if not lost:
        return section("gaps", TITLE, Text("Nothing planned is missing."))
    columns = [Column("What", numeric=False, weight=1.4), Column("Why", numeric=False, weight=2)]
    rows = [[Cell(what, tone="prose"), Cell(spaced(why), tone="prose")] for what, why in lost]
    return section("gaps", TITLE, table("gaps", "Nothing here is zero; it is unknown", columns, rows))


def what_and_why(gap: Gap) -> tuple[str, str]:
    """What is missing, and the reason."""
    match gap:
        case LostRun():
            return f"{gap.name}, seed {gap.seed}", ending_words(gap.outcome, gap.reason)
        case LostCost():
            what = f"cost of {gap.name}, {gap.mode}, {classes_words(gap.classes)}"
            return what, ending_words(gap.outcome, gap.reason)
        case LostScore():
            return f"{metric(gap.score).short} ({', '.join(gap.names)})", "; ".join(gap.reasons)
        case LostMeter():
            return METERS[gap.meter], no_device(gap.device)
        case LostMode(mode=None):
            return "cost (step time, images/s, memory)", "no cost cell was measured in this profile"
        case LostMode():
            return f"{gap.mode} cost", "no cell of this mode was measured"
        case LostClaim():
            return f"claim: {gap.judgement.claim.statement}", measured(gap.judgement)
