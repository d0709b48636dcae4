# Images from their sources, then the experiment's split of them.


rule dataset:
    input:
        code=code("workflow.data", without=(*FORMS, "workflow.data.split")),
        sources=beside("workflow/data/*.yaml"),
    output:
        manifest=MANIFEST,
        images=f"{PLAN.data}/images.npy",
        classes=f"{PLAN.data}/classes.npy",
        groups=f"{PLAN.data}/groups.npy",
        similar=f"{PLAN.data}/similar.npy",
    log:
        PATHS.data_log(),
    benchmark:
        telemetry(PATHS.data_log())
    conda:
        "../envs/data-woff2.yaml" if CONFIG.data.tier in ("m", "l") else "../envs/data.yaml"
    threads: lambda wildcards: all_cores(1)  # nothing else can start before
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        settings=lambda wildcards: compact_json(CONFIG.data.of_images()),  # braces in a path are no wildcards
        listing=listing(CONFIG.data),
        out=subpath(output.manifest, parent=True),
    shell:
        "logged {log:q} python -m workflow.data build --settings {params.settings:q} --out {params.out:q} --jobs {threads}"


rule split:
    input:
        code=code("workflow.data", without=(*FORMS, "workflow.data.build", "workflow.data.fetch")),
        manifest=MANIFEST,
        similar=f"{PLAN.data}/similar.npy",
    output:
        split=PATHS.split("{print}"),
        info=PATHS.split("{print}").replace(".npz", ".json"),
    log:
        PATHS.log("split-{print}"),
    benchmark:
        telemetry(PATHS.log("split-{print}"))
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=lambda wildcards, output: PLAN.splits[output.split].as_json(),
        dataset=subpath(input.manifest, parent=True),
    shell:
        "logged {log:q} python -m workflow.data split --dataset {params.dataset:q} --settings {params.settings:q}"
        " --out {output.split:q}"


# Before the first cell is trained: whether the split has enough images for the batches of all that are, and whether their
# heads take the options of their rows.
rule fits:
    input:
        code=code("workflow.training.rows", without=FORMS),
        split=PATHS.split("{print}"),
    output:
        fits(PATHS.split("{print}")),
    log:
        PATHS.log("fits-{print}"),
    benchmark:
        telemetry(PATHS.log("fits-{print}"))
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        batches=lambda wildcards: compact_json([spec.model_dump() for spec in batch_specs(runs_of(wildcards))]),
        options=lambda wildcards: compact_json(
            [spec.model_dump() for spec in options_specs(CONFIG, runs_of(wildcards))]
        ),
    shell:
        "logged {log:q} python -m workflow.training.rows --split {input.split:q} --batches {params.batches:q}"
        " --options {params.options:q} --out {output:q}"
