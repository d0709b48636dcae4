# Sourced before every command of the workflow.
export PYTHONPATH="$HEADROOM:${PYTHONPATH:-}"

# end_of LOG: its last lines, or the sentence above the table that torchrun prints of the processes that failed.
end_of() {
    local sentence=
    [[ $(tail -n 1 "$1") != =====* ]] || sentence=$(tail -n 60 "$1" | grep '^headroom: ' | tail -n 1 || true)
    if [ -n "$sentence" ]; then echo "$sentence"; else tail -n 6 "$1"; fi
}

# followed COMMAND...: it learns which process has started its shell, so as not to outlive it. One of ours that died, by a
# signal or of a fault, is started once more to say so, in its record if it leaves one.
followed() {
    local status=0 kills
    kills=$(awk '/^oom_kill / { print $2 }' /proc/vmstat 2> /dev/null || true)
    HEADROOM_WORKFLOW=$PPID "$@" || status=$?
    case $status in
        0 | 2 | 129 | 130 | 143) return "$status" ;;  # it ended well, has said what is to be mended, was asked to stop
    esac
    [[ " $* " == *" -m "* ]] || return "$status"
    HEADROOM_DIED=$status HEADROOM_KILLS=$kills "$@"
}

# logged LOG COMMAND...: standard error goes to LOG. A file beside it, LOG's name ending in .said, takes what there is to
# say of the job: its standard output, or the end of LOG if it fails. Our logger shows that (workflow/running); without
# it, it is shown here.
logged() {
    local log=$1 said=${1%.log}.said status=0
    shift
    followed "$@" > "$said" 2>> "$log" || status=$?  # appended: the log of a killed attempt is kept
    if [ "$status" = 0 ]; then cat "$said" >> "$log"; else end_of "$log" > "$said"; fi || true
    if [ -z "${HEADROOM_TELLS-}" ]; then
        [ "$status" = 0 ] || echo "--- failed; the end of $log:" >&2
        cat "$said" >&2
    fi
    return "$status"
}
