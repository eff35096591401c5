# shellcheck shell=bash
# service: CAs' services on loopback, for the cases of certgate ca fetch.
# Sourced by them.
#
#   service_keys               the services' own PKI, in $PKI
#   service_files              what Vault and step-ca answer, in /run/www
#   service_nginx PORT <TEXT   nginx with these servers; its id in $service
#   fetch [OPTION...]          certgate ca fetch, without a terminal
#   fetch_refused NAME PATTERN [OPTION...]   exit status 1, a message, and
#                              nothing on the disk is another

: "${srcdir:?}" "${CERTGATE:?}" "${KEYS:?}"
PKI=/run/pki
# Where certgate ca fetch keeps what it took.
# shellcheck disable=SC2034 # for the cases
FETCHED=/var/lib/certgate/ca

# tls_cert NAME CA HOST DAYS: a server's certificate for HOST, by the CA. With
# 0 days it ends as it begins, with less OpenSSL 3.5 makes none.
tls_cert()
{
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$PKI/$1.key" -out "$PKI/$1.csr" -subj "/CN=$3" &&
	    printf 'subjectAltName=DNS:%s\n' "$3" >"$PKI/$1.ext" &&
	    openssl x509 -req -in "$PKI/$1.csr" -CA "$PKI/$2.pem" \
		-CAkey "$PKI/$2.key" -CAcreateserial -days "$4" \
		-extfile "$PKI/$1.ext" -out "$PKI/$1.pem"
}

tls_ca()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$PKI/$1.key" -out "$PKI/$1.pem" -days 2 -subj "/CN=$1"
}

service_keys()
{
	rm -rf "$PKI" /var/lib/certgate
	mkdir -p "$PKI"
	{
		tls_ca ours && tls_ca theirs &&
		    tls_cert good ours localhost 2 &&
		    tls_cert untrusted theirs localhost 2 &&
		    tls_cert other-name ours other.test 2 &&
		    tls_cert expired ours localhost 0
	} >/run/openssl.out 2>&1 || not_ok "openssl" "$(tail -n 3 /run/openssl.out)"
	cp "$PKI/ours.pem" /etc/certgate/services.pem
}

# The second word of a public-key line.
blob_of()
{
	cut -d' ' -f2 "$KEYS/$1.pub"
}

service_files()
{
	mkdir -p /run/www
	cp "$KEYS/vault.pub" /run/www/vault
	printf '{"userKey":["%s"],"hostKey":["%s"]}\n' "$(blob_of vault2)" \
	    "$(blob_of rogue)" >/run/www/roots
}

service_nginx()
{
	mkdir -p /run/nginx
	{
		cat <<-END
			worker_processes 1;
			daemon off;
			pid /run/nginx/pid;
			error_log /run/nginx/error.log;
			events { }
			http {
			access_log /run/nginx/access.log;
			client_body_temp_path /run/nginx/body;
			proxy_temp_path /run/nginx/proxy;
			fastcgi_temp_path /run/nginx/fastcgi;
			uwsgi_temp_path /run/nginx/uwsgi;
			scgi_temp_path /run/nginx/scgi;
			default_type application/json;
			root /run/www;
		END
		cat
		echo '}'
	} >/run/nginx.conf
	service_start "$1" nginx -c /run/nginx.conf -e /run/nginx/error.log
}

fingerprint()
{
	"$SSH_KEYGEN" -lf "$KEYS/$1.pub" | cut -d' ' -f2
}

fetch()
{
	setsid -w "$CERTGATE" ca fetch "$@" </dev/null
}

# What a command could change, with the times of its last change. Folders of
# the machine itself, below which others may be at work, are left out; the
# tests write below /run.
disk_listing()
{
	{
		find /etc /home /tmp /usr/local/libexec /usr/local/sbin \
		    /var/lib/certgate -printf '%p %y %m %U %G %s %T@ %l\n'
		find / /var /var/lib -maxdepth 1 -printf '%p %y %m\n'
		find /etc /var/lib/certgate -type f -exec sha256sum {} +
	} 2>/dev/null | TMPDIR=/run sort
}

# check_has TEXT NAME COMMAND...: its output holds the text as it is.
check_has()
{
	local text=$1 name=$2

	shift 2
	"$@" >/run/check.out 2>&1 || true
	if grep -Fq -- "$text" /run/check.out; then
		ok "$name"
	else
		not_ok "$name" "it does not say: $text"
		show output </run/check.out
	fi
}

fetch_refused()
{
	local name=$1 pattern=$2 status=0 problems=()

	shift 2
	disk_listing >/run/disk.before
	fetch "$@" >/run/fetch.out 2>&1 || status=$?
	disk_listing >/run/disk.after
	[ "$status" -eq 1 ] || problems+=("exit status $status, not 1")
	grep -Eq -- "$pattern" /run/fetch.out ||
	    problems+=("no match of: $pattern")
	cmp -s /run/disk.before /run/disk.after ||
	    problems+=("something on the disk changed")
	if [ "${#problems[@]}" -eq 0 ]; then
		ok "$name"
		return
	fi
	not_ok "$name" "${problems[@]}"
	show fetch </run/fetch.out
	diff /run/disk.before /run/disk.after | show disk
}

# Start a program in the background that listens on $1; its id in $service.
service_start()
{
	local port=$1

	shift
	"$@" </dev/null >/run/service.log 2>&1 &
	# shellcheck disable=SC2034 # for the cases
	service=$!
	wait_for 10 service_listens "$port" ||
	    not_ok "the service on port $port starts" "$(cat /run/service.log)"
}

service_listens()
{
	(exec 6<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

service_stop()
{
	kill "$@" 2>/dev/null
	wait "$@" 2>/dev/null || true
}
