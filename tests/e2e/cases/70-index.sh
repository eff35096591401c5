# shellcheck shell=bash
# An index that cannot be used: nobody gets in by the helper, everybody on a
# plain list still does.

write_policy <<EOF
version: 1
authorities:
  cloudflare:
    keys: ["$(ca_key cf)"]
    principals: email-prefix
users:
  johndoe: jdoe@example.com
  kiosk: any
EOF
apply
check "johndoe has a list" is_list_served johndoe

cert jdoe --id jdoe@example.com --principals jdoe
cert alice --id alice@example.com --principals alice
index=/etc/ssh/certgate/current/policy.cdb
cp -a "$index" /run/index

# Change the first number of the record "h", which is the format.
newer_format()
{
	node -e '
		const fs = require("fs");
		const file = process.argv[1];
		const b = fs.readFileSync(file);
		let at = 2048;
		while (b.readUInt32LE(at) !== 1 ||
		    b.toString("latin1", at + 8, at + 9) !== "h")
			at += 8 + b.readUInt32LE(at) + b.readUInt32LE(at + 4);
		b.writeUInt32BE(b.readUInt32BE(at + 9) + 1, at + 9);
		fs.writeFileSync(file, b);' "$index"
}

damage()
{
	rm -rf "$index"
	[ "$1" = missing ] || cp -a /run/index "$index"
	case $1 in
	truncated) truncate -s -1 "$index" ;;
	halved) truncate -s $(($(wc -c <"$index") / 2)) "$index" ;;
	empty) : >"$index" ;;
	newer) newer_format ;;
	foreign) printf 'a: b\n%4096s' ' ' >"$index" ;;
	unreadable) chmod 0600 "$index" ;;
	folder) rm -f "$index"; mkdir "$index" ;;
	esac
}

login_ok kiosk jdoe 'kiosk:'
for kind in missing truncated halved empty newer foreign unreadable folder; do
	case_name=70-index/$kind
	damage $kind
	login_no kiosk jdoe index-unreadable
	gets_in johndoe jdoe
	stays_out johndoe alice
done
case_name=70-index
rm -rf "$index"
cp -a /run/index "$index"
login_ok kiosk jdoe 'kiosk:'

# One byte of a single record of those that keep people out: without it
# mallory would get in by `any`, and alice as johndoe by "*".
write_policy <<EOF
version: 1
authorities:
  cloudflare:
    keys: ["$(ca_key cf)"]
    principals: email-prefix
deny: [mallory@example.com]
users:
  kiosk: any
  johndoe: jdoe@example.com
  "*": {dangerous: true, allow: [any: true]}
EOF
cert mallory --id laptop --principals mallory
apply
cp -a "$index" /run/index

# lose_record PATTERN: change the last byte of that record's key.
# shellcheck disable=SC2016 # a program of node's
lose_record()
{
	node -e '
		const fs = require("fs");
		const [file, pattern] = process.argv.slice(1);
		const wanted = new RegExp(`^${pattern}$`, "s");
		const b = fs.readFileSync(file);
		const len = (at) => b.readUInt32LE(at);
		let at = 2048;
		while (!wanted.test(b.toString("latin1", at + 8,
		    at + 8 + len(at))))
			at += 8 + len(at) + len(at + 4);
		b[at + 7 + len(at)] ^= 1;
		fs.writeFileSync(file, b);' "$index" "$1"
}

login_no kiosk mallory denied-identity
login_no johndoe alice no-matching-principal
for lost in 's....imallory@example.com' 's....pmallory'; do
	case_name=70-index/$lost
	lose_record "$lost"
	login_no kiosk mallory index-unreadable
	login_ok kiosk alice 'kiosk:'
	cp -a /run/index "$index"
done
case_name=70-index/ujohndoe
lose_record ujohndoe
login_no johndoe alice index-unreadable
login_no johndoe jdoe index-unreadable
login_ok kiosk alice 'kiosk:'
cp -a /run/index "$index"
case_name=70-index
login_ok johndoe jdoe 'johndoe:'
