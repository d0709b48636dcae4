# One summary of all records, and three renderings of it: figures, HTML, PDF.


rule summary:
    input:
        code=code("workflow/summary/*.py", "workflow/summary/*.yaml", "workflow/cells/*.py"),
        cells=[
            f"{cell_folder(cell)}/{record}"
            for cell in CELLS
            for record in ("run.json", "steps.jsonl", "evaluation.json")
        ],
        costs=list(COST_RECORDS.values()),
        machine=MACHINE,
        manifest=f"{DATA}/manifest.json",
        split=SPLIT.replace(".npz", ".json"),
    output:
        summary=f"{RESULTS}/summary.json",
        tables=report(
            expand(f"{RESULTS}/{{table}}.csv", table=["heads", "runs", "scores", "costs"]),
            caption="../reporting/captions/tables.rst",
            category="Tables",
        ),
    log:
        f"logs/{PROFILE}/summary.log",
    benchmark:
        f"logs/{PROFILE}/summary.jsonl"
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        profile=subpath(output.summary, parent=True),
        cells=compact_json([cell | {"folder": cell_folder(cell)} for cell in CELLS]),
        costs=compact_json(list(planned_costs())),
    shell:
        "logged {log:q} python -m workflow.summary --profile-dir {params.profile:q} --cells {params.cells:q}"
        " --costs {params.costs:q} --split {input.split:q} --out {output.summary:q}"


rule figures:
    input:
        code=code("workflow/summary/*.py", "workflow/reporting/*.py", "workflow/reporting/figures/*.py"),
        summary=f"{RESULTS}/summary.json",
    output:
        report(
            directory(f"{RESULTS}/figures"),
            patterns=["{figure}.svg"],
            caption="../reporting/captions/figures.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        f"logs/{PROFILE}/figures.log",
    benchmark:
        f"logs/{PROFILE}/figures.jsonl"
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    shell:
        "logged {log:q} python -m workflow.reporting figures --summary {input.summary:q} --out {output:q}"


rule rendering:
    input:
        code=code("workflow/summary/*.py", "workflow/reporting/*", "workflow/reporting/*/*.py"),
        summary=f"{RESULTS}/summary.json",
        figures=f"{RESULTS}/figures",
    output:
        report(
            f"reports/{PROFILE}.{{form}}",
            caption="../reporting/captions/reports.rst",
            category="Reports",
            labels={"report": "{form}"},
        ),
    log:
        f"logs/{PROFILE}/{{form}}.log",
    benchmark:
        f"logs/{PROFILE}/{{form}}.jsonl"
    wildcard_constraints:
        form="html|pdf",
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    shell:
        "logged {log:q} python -m workflow.reporting {wildcards.form} --summary {input.summary:q} --figures {input.figures:q}"
        " --published results/published --out {output:q}"
