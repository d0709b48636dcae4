# So that snakemake finds profiles/ and all paths from this folder; the workflow itself is workflow/Snakefile.
include: "workflow/Snakefile"


rule everything:
    default_target: True
    input:
        rules.all.input,


localrules:
    everything,
