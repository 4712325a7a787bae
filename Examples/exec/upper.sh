#!/bin/sh
# Answers each text in capitals, as tapedeck's child: for raw ports.
#
# Run it:  tapedeck serve --listen 12000:raw/lines --reply 'exec:sh Examples/exec/upper.sh'
#          echo hello | nc -N 127.0.0.1 12000
while read -r event; do
    case $event in
    *'"event":"message","text":'*)
        session=${event#'{"session":'}
        session=${session%%,*}
        text=${event#*'"text":'}
        printf '{"session":%s,"text":%s\n' "$session" "$(printf %s "$text" | sed 's/\\u[0-9a-f]*//g' | tr a-z A-Z)"
        ;;
    esac
done
