# One summary of all records, and three renderings of it: figures, HTML, PDF.

READ_BY_PAGES = beside(
    "workflow/summary/*.yaml",
    "workflow/reporting/report.*",
    "workflow/reporting/script/*.js",
    "workflow/reporting/style/*.css",
)


# The list of cells grows beyond what a command line holds, so the summary reads it from files.
rule plan:
    output:
        runs=PATHS.plans[0],
        costs=PATHS.plans[1],
    log:
        PATHS.log("plan"),
    params:
        runs=compact_json([cell.model_dump() for cell in PLAN.planned_runs()]),
        costs=compact_json([cell.model_dump() for cell in PLAN.planned_costs()]),
    run:
        write_plan(output, params, log[0])


rule summary:
    input:
        code=code("workflow.summary", without=()),
        runs=PATHS.plans[0],
        costs=PATHS.plans[1],
        cells=[f"{folder}/{record}" for folder in PLAN.evaluated for record in (RUN, STEPS, EVALUATION)],
        measured=list(PLAN.costs),
        tuned=list(PLAN.chosen),
        baselines=[f"{folder}/{EVALUATION}" for folder in PLAN.baselines],
        machine=MACHINE,
        manifest=MANIFEST,
        split=SPLIT.replace(".npz", ".json"),
    output:
        summary=PATHS.summary,
        tables=[
            report(table, caption="../report/tables.rst", category="Tables", labels={"table": Path(table).stem})
            for table in PATHS.tables
        ],
    log:
        PATHS.log("summary"),
    benchmark:
        telemetry(PATHS.log("summary"))
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        profile=subpath(output.summary, parent=True),
        config=whole_config,
    shell:
        "logged {log:q} python -m workflow.summary --profile-dir {params.profile:q} --cells {input.runs:q}"
        " --costs {input.costs:q} --split {input.split:q} --machine {input.machine:q} --manifest {input.manifest:q}"
        " --tuned {input.tuned:q} --config {params.config:q} --out {output.summary:q}"


rule figures:
    input:
        code=code("workflow.reporting.figures.every", without=()),
        summary=PATHS.summary,
    output:
        report(
            directory(PATHS.figures),
            patterns=["{figure}.svg"],
            caption="../report/figures.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        PATHS.log("figures"),
    benchmark:
        telemetry(PATHS.log("figures"))
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
        code=code("workflow.reporting", without=()),
        templates=READ_BY_PAGES,
        summary=PATHS.summary,
        figures=PATHS.figures,
    output:
        report(
            PATHS.report("{form}"),
            caption="../report/reports.rst",
            category="Reports",
            labels={"report": "{form}"},
        ),
    log:
        PATHS.log("{form}"),
    benchmark:
        telemetry(PATHS.log("{form}"))
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        published=PUBLISHED,
    shell:
        "logged {log:q} python -m workflow.reporting {wildcards.form} --summary {input.summary:q} --figures {input.figures:q}"
        " --published {params.published:q} --out {output:q}"
