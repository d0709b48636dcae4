# Embed a cell's evaluation images once; derive its scores from the embeddings, so a new metric retrains nothing.


# Whether the field's sets can be read, and every image of them decoded: due as soon as there is a data set, before cells
# are trained, which do not start anew for it.
rule sets:
    input:
        code=code("workflow.evaluating.check_sets", without=FORMS),
        dataset=MANIFEST,
        sets=SET_FILES,
    output:
        PATHS.sets,
    log:
        PATHS.log("sets"),
    benchmark:
        telemetry(PATHS.log("sets"))
    priority: 10000
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        asked=SETS_ASKED,
        dataset=subpath(input.dataset, parent=True),
    shell:
        "logged {log:q} python -m workflow.evaluating.check_sets --sets {params.asked:q}"
        " --dataset {params.dataset:q} --out {output:q}"


rule embed:
    input:
        code=code(
            "workflow.evaluating", without=(*FORMS, "workflow.evaluating.record", "workflow.evaluating.baselines")
        ),
        run=f"{CELL}/{RUN}",
        model=f"{CELL}/{MODEL}",
        dataset=MANIFEST,
        split=split_of_run,
        sets=SET_FILES,
        checked=SETS_CHECKED,
    output:
        embeddings=f"{CELL}/{EMBEDDINGS}",
        centres=f"{CELL}/{CENTRES}",
        means=f"{CELL}/{MEANS}",
        sets=f"{CELL}/{SETS}",
    log:
        PATHS.log("embed/{label}/{ratio}/{seed}-{print}"),
    benchmark:
        telemetry(PATHS.log("embed/{label}/{ratio}/{seed}-{print}"))
    priority: lambda wildcards: 2000 - int(wildcards.seed)
    conda:
        "../envs/train.yaml"
    threads: CONFIG.train.threads
    resources:
        gpu=gpus(),
        mem_mb=lambda wildcards, input: 4000 + memory_of_rows(wildcards, input),
        runtime=120,
    params:
        cell=subpath(input.run, parent=True),
        dataset=subpath(input.dataset, parent=True),
        threads=CONFIG.train.threads,
        device=CONFIG.train.device,
        asked=SETS_ASKED,
    shell:
        "logged {log:q} python -m workflow.evaluating embed --cell {params.cell:q} --dataset {params.dataset:q}"
        " --split {input.split:q} --threads {params.threads} --device {params.device} --sets {params.asked:q}"


rule score:
    input:
        code=code("workflow.evaluating", without=(*FORMS, "workflow.evaluating.embed", "workflow.evaluating.baselines")),
        run=f"{CELL}/{RUN}",
        embeddings=f"{CELL}/{EMBEDDINGS}",
        centres=f"{CELL}/{CENTRES}",
        means=f"{CELL}/{MEANS}",
        sets=f"{CELL}/{SETS}",
        split=split_of_run,
    output:
        evaluation=f"{CELL}/{EVALUATION}",
        resamples=f"{CELL}/{RESAMPLES}",
    log:
        PATHS.log("score/{label}/{ratio}/{seed}-{print}"),
    benchmark:
        telemetry(PATHS.log("score/{label}/{ratio}/{seed}-{print}"))
    priority: lambda wildcards: 3000 - int(wildcards.seed)
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input: 4000 + memory_of_rows(wildcards, input),
        runtime=60,
    params:
        cell=subpath(input.run, parent=True),
        distractors=CONFIG.evaluate.distractors,
        asked=SETS_ASKED,
    shell:
        "logged {log:q} python -m workflow.evaluating score --cell {params.cell:q} --split {input.split:q}"
        " --distractors {params.distractors} --sets {params.asked:q}"


# What no head trained: no cell, so no seeds, and one job from the images to the scores.
rule baseline:
    input:
        code=code("workflow.evaluating.baselines", without=FORMS),
        dataset=MANIFEST,
        split=SPLIT,
        sets=SET_FILES,
    output:
        evaluation=f"{BASELINE}/{EVALUATION}",
        resamples=f"{BASELINE}/{RESAMPLES}",
    log:
        PATHS.log("baseline/{kind}-{print}"),
    benchmark:
        telemetry(PATHS.log("baseline/{kind}-{print}"))
    conda:
        "../envs/train.yaml"
    threads: CONFIG.train.threads
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        out=subpath(output.evaluation, parent=True),
        dataset=subpath(input.dataset, parent=True),
        profile=CONFIG.profile,
        backbone=CONFIG.backbone.as_json(),
        threads=CONFIG.train.threads,
        distractors=CONFIG.evaluate.distractors,
        asked=SETS_ASKED,
    shell:
        "logged {log:q} python -m workflow.evaluating baseline --kind {wildcards.kind:q} --out {params.out:q}"
        " --profile {params.profile:q} --dataset {params.dataset:q} --split {input.split:q}"
        " --backbone {params.backbone:q} --threads {params.threads} --distractors {params.distractors}"
        " --sets {params.asked:q}"
