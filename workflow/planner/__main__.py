"""`python -m workflow.planner`: the same as `python -m heads cost`."""

import sys
from collections.abc import Sequence

from workflow.errors import command_line
from workflow.planner.asking import asked, parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Answer the question in the arguments."""
    given = parser().parse_args(arguments)
    question = asked(given)
    from workflow.planner.answer import as_json  # with torch and pandas, which a mistyped question need not wait for
    from workflow.planner.plan import plan
    from workflow.planner.words import text

    found = plan(question)
    print(as_json(found) if given.json else text(found), flush=True)


if __name__ == "__main__":
    command_line(lambda: main(sys.argv[1:]))
