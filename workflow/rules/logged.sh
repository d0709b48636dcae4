# Sourced before every command of the workflow.
export PYTHONPATH="$HEADROOM:${PYTHONPATH:-}"

# logged LOG COMMAND...: standard error goes to LOG; if the command fails, the end of LOG is shown where a person looks.
logged() {
    local log=$1 status=0
    shift
    "$@" 2>> "$log" || status=$?  # appended: the log of a killed attempt is kept
    if [ "$status" != 0 ]; then
        echo "--- failed; the end of $log:" >&2
        tail -n 6 "$log" >&2
    fi
    return "$status"
}
