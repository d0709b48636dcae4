# Headroom: data -> training -> evaluating -> reporting, with measuring beside training.
# Run `snakemake --cores all`; the settings are config/default.yaml and whatever `--configfile` puts on top.


configfile: "config/default.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/cost.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        REPORTS,
        [f"{cell_folder(cell)}/evaluation.json" for cell in CELLS],
        list(COST_RECORDS.values()),


localrules:
    all,


onerror:
    print(
        "Some jobs failed, see '--- failed' above for each. What finished is kept: mend the cause and run the same "
        "command again.",
        file=sys.stderr,
    )
