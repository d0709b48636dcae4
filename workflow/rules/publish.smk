# What a machine measured, kept in git for others; and reports of all that was published, which need no data.


rule publish:
    input:
        code=code("workflow.summary.publish", without=()),
        summary=PATHS.summary,
    log:
        PATHS.log("publish"),
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        profile=subpath(input.summary, parent=True),
    shell:
        "logged {log:q} python -m workflow.summary.publish --profile-dir {params.profile:q}"


rule published:
    input:
        [report_of(name, form) for name in PUBLISHED_PROFILES for form in ("html", "pdf")],
    localrule: True


rule published_figures:
    input:
        code=code("workflow.reporting.figures.every", without=()),
        summary=f"{PUBLISHED}/{{name}}/{SUMMARY}",
    output:
        directory(published_figures("{name}")),
    log:
        published_log("{name}", "figures"),
    conda:
        "../envs/report.yaml"
    threads: 1
    shell:
        "logged {log:q} python -m workflow.reporting figures --summary {input.summary:q} --out {output:q}"


rule published_report:
    input:
        code=code("workflow.reporting", without=()),
        templates=READ_BY_PAGES,
        summary=f"{PUBLISHED}/{{name}}/{SUMMARY}",
        figures=published_figures("{name}"),
    output:
        report_of("published/{name}", "{form}"),
    log:
        published_log("{name}", "{form}"),
    conda:
        "../envs/report.yaml"
    threads: 1
    params:
        published=lambda wildcards: PUBLISHED,
    shell:
        "logged {log:q} python -m workflow.reporting {wildcards.form} --summary {input.summary:q} --figures {input.figures:q}"
        " --published {params.published:q} --out {output:q}"
