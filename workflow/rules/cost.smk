# What a head costs: timed alone on the machine, each measurement in a fresh process.


rule machine:
    input:
        code=code("workflow.measuring.rates", "workflow.measuring.exclusive", RATES),
    output:
        MACHINE,
    log:
        PATHS.log("machine"),
    benchmark:
        telemetry(PATHS.log("machine"))
    conda:
        "../envs/train.yaml"
    threads: lambda wildcards: all_cores(CONFIG.measure.threads)
    resources:
        gpu=gpus(),
        mem_mb=4000,
        runtime=30,
    params:
        settings=compact_json({"device": CONFIG.measure.device, "threads": CONFIG.measure.threads}),
    shell:
        "logged {log:q} python -m workflow.measuring machine --settings {params.settings:q} --out {output:q}"


rule cost_head:
    input:
        head=head_code,
        code=code(
            "workflow.measuring",
            RATES,
            without=(*FORMS, "workflow.measuring.end_to_end", "workflow.measuring.synthetic_step"),
        ),
        machine=MACHINE,
    output:
        PATHS.cost("head", "{label}", "{ratio}", "{classes}", "{print}"),
    log:
        PATHS.log("cost/head/{label}/{ratio}/{classes}-{print}"),
    benchmark:
        telemetry(PATHS.log("cost/head/{label}/{ratio}/{classes}-{print}"))
    conda:
        "../envs/train.yaml"
    threads: lambda wildcards: all_cores(CONFIG.measure.threads)
    resources:
        gpu=gpus(),
        mem_mb=memory_of_head,
        runtime=60,
    params:
        spec=cost_spec,
    shell:
        "logged {log:q} python -m workflow.measuring head --spec {params.spec:q} --machine {input.machine:q}"
        " --out {output:q}"


rule cost_end_to_end:
    input:
        head=head_code,
        code=code(
            "workflow.measuring", RATES, without=(*FORMS, "workflow.evaluating", "workflow.measuring.synthetic_step")
        ),
        machine=MACHINE,
        dataset=MANIFEST,
        split=split_of_cost,
    output:
        PATHS.cost("end-to-end", "{label}", "{ratio}", None, "{print}"),
    log:
        PATHS.log("cost/end-to-end/{label}/{ratio}/{print}"),
    benchmark:
        telemetry(PATHS.log("cost/end-to-end/{label}/{ratio}/{print}"))
    conda:
        "../envs/train.yaml"
    threads: lambda wildcards: all_cores(CONFIG.measure.threads)
    resources:
        gpu=gpus(),
        mem_mb=8000,
        runtime=60,
    params:
        spec=cost_spec,
        dataset=subpath(input.dataset, parent=True),
    shell:
        "logged {log:q} python -m workflow.measuring end-to-end --spec {params.spec:q} --dataset {params.dataset:q}"
        " --split {input.split:q} --machine {input.machine:q} --out {output:q}"


rule cost_synthetic:
    input:
        head=head_code,
        code=code("workflow.measuring", RATES, without=(*FORMS, "workflow.evaluating")),
        machine=MACHINE,
        dataset=MANIFEST,
        split=split_of_synthetic,
    output:
        PATHS.cost("synthetic", "{label}", "{ratio}", "{classes}", "{print}"),
    log:
        PATHS.log("cost/synthetic/{label}/{ratio}/{classes}-{print}"),
    benchmark:
        telemetry(PATHS.log("cost/synthetic/{label}/{ratio}/{classes}-{print}"))
    conda:
        "../envs/train.yaml"
    threads: lambda wildcards: all_cores(CONFIG.measure.threads)
    resources:
        gpu=gpus(),
        mem_mb=memory_of_synthetic,
        runtime=120,
    params:
        spec=cost_spec,
        dataset=subpath(input.dataset, parent=True),
    shell:
        "logged {log:q} python -m workflow.measuring synthetic --spec {params.spec:q} --dataset {params.dataset:q}"
        " --split {input.split:q} --machine {input.machine:q} --out {output:q}"
