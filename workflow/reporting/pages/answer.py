"""The first page: which head for which regime, and what must be said beside it."""

from workflow.reporting.anchors import anchor
from workflow.reporting.blocks import AnswerCard, Answers, Caution, Section, section
from workflow.reporting.caveats import caveat_words
from workflow.reporting.material import Material
from workflow.reporting.pages.prices import prices, where
from workflow.reporting.words import classes_words, metric, number, points, seeds_words, size
from workflow.summary.answers import Answer, ByMemory, ByScore, BySpeed, ByTrade, Placed, Question, Unanswered, answers
from workflow.summary.vocabulary import Mode

QUESTIONS = {
    Question.LOOK_ALIKES: "Most accurate on look-alikes",
    Question.FEW_ALARMS: "Most pairs recognised at few false accepts",
    Question.ONE_AMONG_MANY: "Best at finding one among many",
    Question.FEW_SHOT: "Best on few-shot classes",
    Question.FASTEST: "Fastest training step",
    Question.SMALLEST: "Fewest bytes for the head",
    Question.TRADE: "Beaten by none in both speed and accuracy",
}
LACKING = {
    Question.FASTEST: "needs end-to-end timings that no other program disturbed, of every row",
    Question.SMALLEST: "no head was measured alone, or no number of classes for all of them",
    Question.TRADE: "needs accuracy, and end-to-end timings that no other program disturbed",
}


def page(material: Material) -> Section:
    """The answers, and the caveats."""
    cards = tuple(card(answer, material) for answer in answers(material.summary))
    shown = Answers(cards, prices(material), where(material.summary))
    return section("answer", "The answer", shown, Caution(caveat_words(material.summary)))


def card(answer: Answer, material: Material) -> AnswerCard:
    """One question with its answer in words."""
    match answer:
        case ByScore():
            return by_score(answer, material)
        case BySpeed():
            return by_speed(answer, material)
        case ByMemory():
            return by_memory(answer, material)
        case ByTrade():
            return by_trade(answer, material)
        case Unanswered():
            lacks = f"{metric(answer.score).short} was not measured" if answer.score else LACKING[answer.question]
            return AnswerCard(QUESTIONS[answer.question], f"not measured: {lacks}")


def by_score(answer: ByScore, material: Material) -> AnswerCard:
    """The rows that cannot be told from the best: one name in large type only where it is one row."""
    shown = answer.best + answer.one_seed
    detail = f"{metric(answer.score).short}, {score_range(shown)}; {told(answer)}"
    names = material.named((answer.winner,) if answer.winner else tuple(row.name for row in shown))
    if answer.winner:
        records = anchor("evaluation", answer.winner)
        return AnswerCard(QUESTIONS[answer.question], detail, names, points(shown[0].mean), "%", records=records)
    of = sum(len(part) for part in (answer.best, answer.behind, answer.one_seed))
    return AnswerCard(QUESTIONS[answer.question], detail, names, f"{len(shown)} of {of}", "cannot be told apart")


def score_range(rows: tuple[Placed, ...]) -> str:
    """`95.3 %, 5 seeds`, from the least to the most of both."""
    means, seeds = ([getattr(row, name) for row in rows] for name in ("mean", "n"))
    many = seeds_words(max(seeds)) if min(seeds) == max(seeds) else f"{min(seeds)} to {seeds_words(max(seeds))}"
    low, high = points(min(means)), points(max(means))
    return f"{low if low == high else f'{low} to {high}'} %, {many}"


def told(answer: ByScore) -> str:
    """How the rows were told apart, or why not."""
    if not answer.best:
        return "one seed a row tells none from another"
    lower = len(answer.behind)
    behind = f"{lower} {'row' if lower == 1 else 'rows'} lower" if lower else "no row is lower"
    alone = f", {len(answer.one_seed)} of one seed not judged" if answer.one_seed else ""
    return f"Tukey’s 95 % intervals: {behind}{alone}"


def by_speed(answer: BySpeed, material: Material) -> AnswerCard:
    """The fastest row."""
    steps = f"{number(answer.p10_ms)} to {number(answer.p90_ms)} ms a step (p10 to p90)"
    detail = f"with gradient; {steps}, {classes_words(answer.classes)}"
    return answered(answer, material, number(answer.images_per_second), "images/s", detail, "ranges overlap with")


def by_memory(answer: ByMemory, material: Material) -> AnswerCard:
    """The smallest row."""
    value, _, unit = size(answer.bytes).partition(" ")
    meter = answer.meter or "declared state, not measured"
    detail = f"head alone at {classes_words(answer.classes)}; {meter}"
    return answered(answer, material, value, unit, detail, "within 5 % of")


def by_trade(answer: ByTrade, material: Material) -> AnswerCard:
    """The rows that no other row beats."""
    detail = "mean hard-pair accuracy against images/s; rows close in accuracy may not be told apart"
    value = f"{len(answer.names)} of {answer.of}"
    return AnswerCard(QUESTIONS[answer.question], detail, material.named(answer.names), value, "rows")


def answered(
    answer: BySpeed | ByMemory, material: Material, value: str, unit: str, detail: str, tie_words: str
) -> AnswerCard:
    """A question that one row answers by its cost, with the rows that cannot be told from it."""
    mode = Mode.WHOLE if isinstance(answer, BySpeed) else Mode.HEAD
    return AnswerCard(
        question=QUESTIONS[answer.question],
        detail=detail,
        names=material.named((answer.name,)),
        value=value,
        unit=unit,
        ties=material.named(answer.ties),
        tie_words=tie_words if answer.ties else "",
        records=anchor("cost", answer.name, str(mode), answer.classes),
    )
