# Sourced before every command of the workflow.
export PYTHONPATH="$HEADROOM:${PYTHONPATH:-}"

# end_of LOG: its last lines, or the sentence above the table that torchrun prints of the processes that failed.
end_of() {
    local sentence=
    [[ $(tail -n 1 "$1") != =====* ]] || sentence=$(tail -n 60 "$1" | grep '^headroom: ' | tail -n 1 || true)
    if [ -n "$sentence" ]; then echo "$sentence"; else tail -n 6 "$1"; fi
}

# logged LOG COMMAND...: standard error goes to LOG; if the command fails, the end of LOG is shown where a person looks.
logged() {
    local log=$1 status=0
    shift
    "$@" 2>> "$log" || status=$?  # appended: the log of a killed attempt is kept
    if [ "$status" != 0 ]; then
        echo "--- failed; the end of $log:" >&2
        end_of "$log" >&2
    fi
    return "$status"
}
