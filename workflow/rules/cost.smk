# What a head costs: timed alone on the machine, each measurement in a fresh process.


rule machine:
    input:
        code=code("workflow/measuring/*.py"),
    output:
        MACHINE,
    log:
        f"logs/{PROFILE}/machine.log",
    benchmark:
        f"logs/{PROFILE}/machine.jsonl"
    conda:
        "../envs/train.yaml"
    threads: all_cores()
    resources:
        gpu=gpus(),
        mem_mb=4000,
        runtime=30,
    params:
        settings=CONFIG.measure.as_json(),
    shell:
        "logged {log:q} python -m workflow.measuring machine --settings {params.settings:q} --out {output:q}"


rule cost_head:
    input:
        head=head_code,
        code=code("workflow/measuring/*.py"),
        machine=MACHINE,
    output:
        f"{RESULTS}/cost/head/{{label}}/{{ratio}}/{{classes}}.json",
    log:
        f"logs/{PROFILE}/cost/head/{{label}}/{{ratio}}/{{classes}}.log",
    benchmark:
        f"logs/{PROFILE}/cost/head/{{label}}/{{ratio}}/{{classes}}.jsonl"
    conda:
        "../envs/train.yaml"
    threads: all_cores()
    resources:
        gpu=gpus(),
        mem_mb=8000,
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
            "workflow/measuring/*.py", "workflow/training/*.py", "workflow/data/loaders.py", "workflow/data/augment.py"
        ),
        machine=MACHINE,
        dataset=f"{DATA}/manifest.json",
        split=SPLIT,
    output:
        f"{RESULTS}/cost/end-to-end/{{label}}/{{ratio}}/train.json",
    log:
        f"logs/{PROFILE}/cost/end-to-end/{{label}}/{{ratio}}.log",
    benchmark:
        f"logs/{PROFILE}/cost/end-to-end/{{label}}/{{ratio}}.jsonl"
    conda:
        "../envs/train.yaml"
    threads: all_cores()
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
