#!/bin/sh
# sysusers.sh FILE: a script that makes the system users of a sysusers.d file,
# for rpm older than 4.19, on a build host without systemd's own generator.
# Lines that it does not know are an error, not left out.
set -eu

sed -e '/^[[:space:]]*\(#\|$\)/d' "${1:?usage: sysusers.sh FILE}" |
while IFS= read -r line; do
	echo "$line" | grep -qE \
	    '^u _?[a-z][a-z0-9_-]* - "[A-Za-z ]*" /[a-z/]* /[a-z/]*$' || {
		echo "sysusers.sh: not understood: $line" >&2
		exit 1
	}
	name=$(echo "$line" | cut -d' ' -f2)
	about=$(echo "$line" | cut -d'"' -f2)
	rest=${line##*\" }
	cat <<END
getent group $name >/dev/null || groupadd -r $name
getent passwd $name >/dev/null ||
    useradd -r -g $name -M -d ${rest% *} -s ${rest#* } -c "$about" $name
END
done
