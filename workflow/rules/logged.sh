# Sourced before every command of the workflow.
export PYTHONPATH="$HEADROOM:${PYTHONPATH:-}"

# end_of LOG: its last lines, or the sentence above the table that torchrun prints of the processes that failed.
end_of() {
    local sentence=
    [[ $(tail -n 1 "$1") != =====* ]] || sentence=$(tail -n 60 "$1" | grep '^headroom: ' | tail -n 1 || true)
    if [ -n "$sentence" ]; then echo "$sentence"; else tail -n 6 "$1"; fi
}

# followed COMMAND...: it learns which process has started its shell, so as not to outlive it. A cell that was killed, its
# supervisor with it, is started once more to write that into its record.
followed() {
    local status=0 kills
    kills=$(awk '/^oom_kill / { print $2 }' /proc/vmstat 2> /dev/null || true)
    HEADROOM_WORKFLOW=$PPID "$@" || status=$?
    if [ "$status" -gt 128 ] && [[ " $* " == *" --spec "* ]]; then
        HEADROOM_KILLED=$((status - 128)) HEADROOM_KILLS=$kills "$@"
        return
    fi
    return "$status"
}

# logged LOG COMMAND...: standard error goes to LOG; if the command fails, the end of LOG is shown where a person looks.
logged() {
    local log=$1 status=0
    shift
    followed "$@" 2>> "$log" || status=$?  # appended: the log of a killed attempt is kept
    if [ "$status" != 0 ]; then
        echo "--- failed; the end of $log:" >&2
        end_of "$log" >&2
    fi
    return "$status"
}
