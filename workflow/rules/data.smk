# Images from their sources, then the experiment's split of them.

# The pictures' code alone: a change in how they are split or loaded renders nothing anew.
NOT_PICTURES = set(code("workflow/data/split*.py", "workflow/data/loaders.py", "workflow/data/augment*.py"))


rule dataset:
    input:
        code=[path for path in code("workflow/data/*.py", "workflow/data/*.yaml") if path not in NOT_PICTURES],
    output:
        manifest=f"{DATA}/manifest.json",
        images=f"{DATA}/images.npy",
        classes=f"{DATA}/classes.npy",
        groups=f"{DATA}/groups.npy",
        similar=f"{DATA}/similar.npy",
    log:
        f"logs/data/{DATASET}.log",
    benchmark:
        f"logs/data/{DATASET}.jsonl"
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
        code=code("workflow/data/split*.py", "workflow/data/similar.py"),
        manifest=f"{DATA}/manifest.json",
        similar=f"{DATA}/similar.npy",
    output:
        split=SPLIT,
        info=SPLIT.replace(".npz", ".json"),
    log:
        f"logs/{PROFILE}/split.log",
    benchmark:
        f"logs/{PROFILE}/split.jsonl"
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=CONFIG.data.as_json(),
        dataset=subpath(input.manifest, parent=True),
    shell:
        "logged {log:q} python -m workflow.data split --dataset {params.dataset:q} --settings {params.settings:q}"
        " --out {output.split:q}"
