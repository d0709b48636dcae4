"""Where everything lies: the only place that spells a path under results/, data/, logs/ and reports/.

Paths are relative to the folder that the workflow runs in, with forward slashes. Rules pass wildcards in braces for the
parts that vary, the plan their values.
"""

from dataclasses import dataclass

RESULTS, DATA, LOGS, REPORTS = FOLDERS = ("results", "data", "logs", "reports")
"""folders that the workflow writes into, where it runs"""
SUMMARY = "summary.json"
PUBLISHED, PUBLISHED_SUMMARIES = f"{RESULTS}/published", (f"*/{SUMMARY}", f"*/*/{SUMMARY}")
"""what was published, a folder a machine; and the patterns, therein, of the summaries of a machine, or of a profile"""

RUN, STEPS, MODEL, EVALUATION = "run.json", "steps.jsonl", "model.pt", "evaluation.json"
PARTIAL_STEPS, CHECKPOINT, ENDED, LOCK, HOLDER = "steps.partial.jsonl", "checkpoint.pt", ".ended", ".lock", ".holder"
EMBEDDINGS, CENTRES, MEANS, RESAMPLES = "embeddings.npy", "centres.npy", "means.npy", "resamples.npz"
SETS = "sets.npz"
"""what lies in a training cell's folder"""

RUNS, COSTS, MACHINES, CHOSEN = f"**/{RUN}", "cost/**/*.json", "machine*.json", "tuned/*/*.json"
"""patterns, within a profile's folder, of the records that a summary made by hand finds"""

MANIFEST, MANIFESTS = "manifest.json", "*/manifest.json"
"""what a built data set is, in its folder, and the pattern of those within data/"""

PRINT = "[0-9a-f]" * 8
COMPUTED = (
    *(f"*/*/*/*/*-{PRINT}", f"*/baselines/*-{PRINT}", f"*/split-{PRINT}.*", f"*/fits-{PRINT}.txt"),
    *(f"machine-{PRINT}.json", f"cost/*/*/*/*-{PRINT}.json", f"tuned/*/*-{PRINT}.json"),
)
"""patterns, within a profile's folder, of the folders and files that carry the fingerprint of what shaped them"""
DATASETS = f"*-{PRINT}"
"""the same of built data sets, within data/"""

TABLES = ("heads", "runs", "scores", "costs")

OWN_PROFILES = ("published", "data", "snakemake", "readme.md")
"""what no profile may be called, in small letters: these lie beside those of profiles in results/, logs/ or reports/"""

OWN_DATASETS = ("cost", "figures", "plan", "tuned", "wheels", SUMMARY, *(f"{table}.csv" for table in TABLES))
"""what no data set may be called: these lie beside the data set's folder in that of a profile, or in data/"""


def ratio_text(ratio: float) -> str:
    """A ratio as it stands in paths and tables: 1, 0.1, 0.003."""
    return f"{ratio:g}"


@dataclass(frozen=True)
class Paths:
    """The files of one profile, with one data set and one backbone."""

    profile: str
    dataset: str
    backbone: str

    @property
    def results(self) -> str:
        """Folder of all that the profile computes."""
        return f"{RESULTS}/{self.profile}"

    def data(self, fingerprint: str) -> str:
        """Folder of the data set built by the settings with this fingerprint; profiles share it."""
        return f"{DATA}/{self.dataset}-{fingerprint}"

    @property
    def summary(self) -> str:
        return f"{self.results}/{SUMMARY}"

    @property
    def tables(self) -> list[str]:
        return [f"{self.results}/{name}.csv" for name in TABLES]

    @property
    def figures(self) -> str:
        return f"{self.results}/figures"

    @property
    def plans(self) -> tuple[str, str]:
        """The lists of the planned training cells and cost cells."""
        return f"{self.results}/plan/runs.json", f"{self.results}/plan/costs.json"

    @property
    def sets(self) -> str:
        """What says that the evaluation sets of the config can be read."""
        return f"{self.results}/plan/sets.txt"

    def split(self, fingerprint: str) -> str:
        """The split that was made by the settings with this fingerprint; its numbers lie beside it as JSON."""
        return f"{self.results}/{self.dataset}/split-{fingerprint}.npz"

    def machine(self, fingerprint: str) -> str:
        """The machine's rates, measured with the settings of this fingerprint."""
        return f"{self.results}/machine-{fingerprint}.json"

    def run(self, label: str, ratio: str, seed: str, fingerprint: str) -> str:
        """Folder of a training cell; `fingerprint` names the settings that shape its result."""
        backbone = self.backbone.replace(":", "-")
        return f"{self.results}/{self.dataset}/{backbone}/{label}/{ratio}/{seed}-{fingerprint}"

    def cost(self, mode: str, label: str, ratio: str, classes: str | None, fingerprint: str) -> str:
        """Record of a cost cell in one of spec.CostMode, at `classes` or at those of the training set (None)."""
        return f"{self.results}/cost/{mode}/{label}/{ratio}/{classes or 'train'}-{fingerprint}.json"

    def chosen(self, label: str, ratio: str, fingerprint: str) -> str:
        """Record of the setting that was chosen for a row; `fingerprint` names the trials."""
        return f"{self.results}/tuned/{label}/{ratio}-{fingerprint}.json"

    def baseline(self, kind: str, fingerprint: str) -> str:
        """Folder of the scores of the baseline `kind`."""
        return f"{self.results}/{self.dataset}/baselines/{kind}-{fingerprint}"

    def report(self, form: str) -> str:
        """The report as `html` or `pdf`."""
        return report_of(self.profile, form)

    def log(self, job: str) -> str:
        """What a job of this profile says, of which only the end is shown if it fails."""
        return f"logs/{self.profile}/{job}.log"

    def data_log(self) -> str:
        """The same for the building of the data set, which profiles share."""
        return f"logs/data/{self.dataset}.log"


def report_of(profile: str, form: str) -> str:
    """The report of a profile, or of a published one, as `html` or `pdf`."""
    return f"reports/{profile}.{form}"


def baselines(dataset: str) -> str:
    """Pattern, within a profile's folder, of the scores of all baselines on `dataset`."""
    return f"{dataset}/baselines/*/{EVALUATION}"


def published_figures(name: str) -> str:
    """Folder of the figures of a published profile."""
    return f"reports/published/{name}-figures"


def published_log(name: str, job: str) -> str:
    """What a job on a published profile says."""
    return f"logs/published/{name}/{job}.log"


def splits(dataset: str) -> str:
    """Pattern, within a profile's folder, of the numbers of all splits of `dataset`."""
    return f"{dataset}/split*.json"


def fits(split: str) -> str:
    """What says that a split has enough images for all that is trained on it."""
    return split.replace("/split-", "/fits-").removesuffix(".npz") + ".txt"


def telemetry(log: str) -> str:
    """Snakemake's own measurements of the job that has this log."""
    return log.removesuffix(".log") + ".jsonl"
