# One cell: a backbone under one head, at one ratio, from one seed.


rule train:
    input:
        head=head_code,
        # without evaluating: the few scores of the learning curve do not shape the run
        code=code("workflow.training", without=(*FORMS, "workflow.evaluating")),
        dataset=MANIFEST,
        split=split_of_run,
        fits=fits_of_run,
        reads=reads,
    output:
        run=f"{CELL}/{RUN}",
        steps=f"{CELL}/{STEPS}",
        model=f"{CELL}/{MODEL}",
    log:
        PATHS.log("train/{label}/{ratio}/{seed}-{print}"),
    benchmark:
        telemetry(PATHS.log("train/{label}/{ratio}/{seed}-{print}"))
    priority: lambda wildcards: 1000 - int(wildcards.seed)
    conda:
        "../envs/train.yaml"
    threads: CONFIG.train.cores // NODES
    resources:
        **ACROSS,
        gpu=gpus() * PROCESSES,
        mem_mb=lambda wildcards, input: 4000 * PROCESSES // NODES + memory_of_rows(wildcards, input),
        runtime=1440,
    params:
        spec=run_spec,
        dataset=subpath(input.dataset, parent=True),
        out=subpath(output.run, parent=True),
    shell:
        "logged {log:q} python -m workflow.training --dataset {params.dataset:q} --split {input.split:q}"
        " --out {params.out:q} --reads {input.reads:q} --spec {params.spec:q}"


# The setting of a row that is tuned: the best of its trials, by their validation scores.
rule choose:
    input:
        code=code("workflow.training.choosing"),
        trials=trials,
    output:
        PATHS.chosen("{label}", "{ratio}", "{print}"),
    log:
        PATHS.log("choose/{label}/{ratio}-{print}"),
    benchmark:
        telemetry(PATHS.log("choose/{label}/{ratio}-{print}"))
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        folders=lambda wildcards, output: PLAN.chosen[output[0]],
    shell:
        "logged {log:q} python -m workflow.training.choosing --trials {params.folders:q} --out {output:q}"
