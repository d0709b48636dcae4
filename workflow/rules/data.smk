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
    threads: 64  # as many as there are: nothing else can start before
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        settings=compact_json(CONFIG.data.of_images()),
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
