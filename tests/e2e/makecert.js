// makecert: write an OpenSSH certificate with sshpk, an encoder that shares
// no code with OpenSSH and does not care what stands in a name.
//
//   node makecert.js NAME=VALUE...
//
//   ca=FILE out=FILE key=FILE    CA's private key, result, public key
//   principal=TEXT               once for each; JSON escapes (\n, \", \u0000)
//   id=TEXT                      key ID; the same escapes
//   serial=N type=user|host      0 and user are the defaults
//   after=S before=S             validity, in seconds from now
//   critical=NAME:TEXT           TEXT is wrapped as a string
'use strict';

const fs = require('fs');
const sshpk = require('sshpk');

function unescape(text) {
	return JSON.parse('"' + text + '"');
}

function sshString(text) {
	const data = Buffer.from(text, 'utf8');
	const len = Buffer.alloc(4);

	len.writeUInt32BE(data.length);
	return Buffer.concat([len, data]);
}

function option(text, critical) {
	const at = text.indexOf(':');
	const name = at < 0 ? text : text.slice(0, at);

	return {
		critical,
		name,
		data: at < 0 ? Buffer.alloc(0) :
		    sshString(unescape(text.slice(at + 1))),
	};
}

function serial(text) {
	const b = Buffer.alloc(8);

	b.writeBigUInt64BE(BigInt(text));
	return b;
}

function fromNow(seconds) {
	return new Date(Date.now() + Number(seconds) * 1000);
}

function read(args) {
	const o = { principal: [], critical: [], serial: '0', type: 'user',
		id: '', after: '-60', before: '300' };

	for (const arg of args) {
		const at = arg.indexOf('=');
		const name = arg.slice(0, at);
		const value = arg.slice(at + 1);

		if (Array.isArray(o[name]))
			o[name].push(value);
		else
			o[name] = value;
	}
	return o;
}

const o = read(process.argv.slice(2));
const ca = sshpk.parsePrivateKey(fs.readFileSync(o.ca));
const identity = o.type === 'host' ?
    (n) => sshpk.identityForHost(n) : (n) => sshpk.identityForUser(n);
const cert = new sshpk.Certificate({
	subjects: o.principal.map((p) => identity(unescape(p))),
	subjectKey: sshpk.parseKey(fs.readFileSync(o.key)),
	issuer: sshpk.identityForHost('ca'),
	issuerKey: ca.toPublic(),
	serial: serial(o.serial),
	validFrom: fromNow(o.after),
	validUntil: fromNow(o.before),
	signatures: {
		openssh: {
			keyId: unescape(o.id),
			exts: o.critical.map((c) => option(c, true)).concat(
			    [option('permit-pty', false)]),
		},
	},
});

// Where a number of an ECDSA signature is short by chance, as one in 128 is,
// sshpk takes the curve for unknown and names none.
let text;

do {
	cert.signWith(ca);
	text = cert.toString('openssh');
} while (Buffer.from(text.split(' ')[1], 'base64').includes('-undefined'));
fs.writeFileSync(o.out, text + '\n');
