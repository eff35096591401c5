// rawssh: log in like ssh, with whatever bytes a certificate file holds.
//
//   node rawssh.js PORT USER KEY CERTIFICATE [unasked]    on 127.0.0.1
//   node rawssh.js make-sk ed25519|ecdsa FILE   a security key in software
//
// ssh refuses to load broken certificates and never offers host
// certificates, and has no security key at hand; this client does not look
// at what it sends. It speaks one set of algorithms and trusts any host key.
// "unasked" sends the signature at once, so that sshd decides only once.
// Says "in", "query refused" or "signature refused"; exit status 0 or 1.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const net = require('net');

const MSG = { DISCONNECT: 1, SERVICE_REQUEST: 5, SERVICE_ACCEPT: 6,
	KEXINIT: 20, NEWKEYS: 21, KEX_INIT: 30, KEX_REPLY: 31,
	AUTH_REQUEST: 50, AUTH_FAILURE: 51, AUTH_SUCCESS: 52, AUTH_PK_OK: 60 };
const ALGORITHMS = ['curve25519-sha256', 'ssh-ed25519', 'aes128-ctr',
	'aes128-ctr', 'hmac-sha2-256', 'hmac-sha2-256', 'none', 'none', '', ''];

function u32(n) {
	const b = Buffer.alloc(4);

	b.writeUInt32BE(n);
	return b;
}

function str(data) {
	const b = Buffer.from(data);

	return Buffer.concat([u32(b.length), b]);
}

function mpint(b) {
	let i = 0;

	while (i < b.length && b[i] === 0)
		i++;
	b = b.subarray(i);
	return str(b.length > 0 && b[0] & 0x80 ?
	    Buffer.concat([Buffer.from([0]), b]) : b);
}

// Take strings from the front of a buffer.
function reader(b) {
	let at = 0;

	return () => {
		const len = b.readUInt32BE(at);

		at += 4 + len;
		return b.subarray(at - len, at);
	};
}

function sha256(...parts) {
	return crypto.createHash('sha256').update(Buffer.concat(parts)).digest();
}

class Connection {
	constructor(port) {
		this.sent = 0;
		this.received = 0;
		this.socket = net.connect(port, '127.0.0.1');
		this.chunks = this.socket[Symbol.asyncIterator]();
		this.buffer = Buffer.alloc(0);
		this.socket.on('error', () => {});
	}

	async take(n) {
		while (this.buffer.length < n) {
			const chunk = await this.chunks.next();

			if (chunk.done)
				throw new Error('connection closed');
			this.buffer = Buffer.concat([this.buffer, chunk.value]);
		}
		const b = this.buffer.subarray(0, n);

		this.buffer = this.buffer.subarray(n);
		return b;
	}

	async line() {
		let s = '';

		while (!s.endsWith('\n'))
			s += (await this.take(1)).toString('latin1');
		return s.trim();
	}

	mac(key, seq, packet) {
		return crypto.createHmac('sha256', key).update(
		    Buffer.concat([u32(seq), packet])).digest();
	}

	send(payload) {
		const block = this.out ? 16 : 8;
		let pad = block - (payload.length + 5) % block;
		let packet;

		pad += pad < 4 ? block : 0;
		packet = Buffer.concat([u32(payload.length + pad + 1),
			Buffer.from([pad]), payload, Buffer.alloc(pad)]);
		if (this.out)
			packet = Buffer.concat([this.out.cipher.update(packet),
				this.mac(this.out.key, this.sent, packet)]);
		this.sent++;
		this.socket.write(packet);
	}

	async packet() {
		const open = this.in ?
		    (b) => this.in.cipher.update(b) : (b) => b;
		const head = open(await this.take(this.in ? 16 : 8));
		const len = head.readUInt32BE(0);
		const rest = open(await this.take(len + 4 - head.length));
		const all = Buffer.concat([head, rest]);

		if (this.in)
			await this.take(32);
		this.received++;
		return all.subarray(5, all.length - all[4]);
	}

	// The next message of one of these types; others are passed over.
	async receive(...types) {
		for (;;) {
			const p = await this.packet();

			if (p[0] === MSG.DISCONNECT)
				throw new Error('disconnected: ' +
				    p.subarray(9).toString('latin1'));
			if (types.includes(p[0]))
				return p;
		}
	}

	async keyExchange() {
		const mine = 'SSH-2.0-rawssh';
		const init = Buffer.concat([Buffer.from([MSG.KEXINIT]),
			crypto.randomBytes(16), ...ALGORITHMS.map(str),
			Buffer.alloc(5)]);
		const pair = crypto.generateKeyPairSync('x25519');
		const x = Buffer.from(
		    pair.publicKey.export({ format: 'jwk' }).x, 'base64url');

		this.socket.write(mine + '\r\n');
		const theirs = await this.line();
		this.send(init);
		const theirInit = await this.receive(MSG.KEXINIT);
		this.send(Buffer.concat([Buffer.from([MSG.KEX_INIT]), str(x)]));
		const reply = await this.receive(MSG.KEX_REPLY);
		const next = reader(reply.subarray(1));
		const hostKey = next();
		const y = next();
		const secret = mpint(crypto.diffieHellman({
			privateKey: pair.privateKey,
			publicKey: crypto.createPublicKey({ format: 'jwk', key: {
				kty: 'OKP', crv: 'X25519',
				x: y.toString('base64url') } }),
		}));
		const hash = sha256(str(mine), str(theirs), str(init),
		    str(theirInit), str(hostKey), str(x), str(y), secret);

		this.session = hash;
		await this.receive(MSG.NEWKEYS);
		this.send(Buffer.from([MSG.NEWKEYS]));
		this.useKeys((letter) => sha256(
		    secret, hash, Buffer.from(letter), hash));
	}

	useKeys(derive) {
		const make = crypto.createCipheriv;

		this.out = { key: derive('E'), cipher: make('aes-128-ctr',
		    derive('C').subarray(0, 16), derive('A').subarray(0, 16)) };
		this.in = { key: derive('F'), cipher: make('aes-128-ctr',
		    derive('D').subarray(0, 16), derive('B').subarray(0, 16)) };
	}

	// Offer the certificate; prove the key only where sshd would take it.
	async login(user, blob, key, isUnasked) {
		const ask = (hasProof) => Buffer.concat([
			Buffer.from([MSG.AUTH_REQUEST]), str(user),
			str('ssh-connection'), str('publickey'),
			Buffer.from([hasProof ? 1 : 0]), str(reader(blob)()),
			str(blob)]);

		await this.keyExchange();
		this.send(Buffer.concat([Buffer.from([MSG.SERVICE_REQUEST]),
			str('ssh-userauth')]));
		await this.receive(MSG.SERVICE_ACCEPT);
		if (!isUnasked) {
			this.send(ask(false));
			const answer = await this.receive(
			    MSG.AUTH_PK_OK, MSG.AUTH_FAILURE);
			if (answer[0] === MSG.AUTH_FAILURE)
				return 'query refused';
		}
		const signed = Buffer.concat([str(this.session), ask(true)]);
		this.send(Buffer.concat([ask(true), str(sign(key, signed))]));
		const end = await this.receive(
		    MSG.AUTH_SUCCESS, MSG.AUTH_FAILURE);
		return end[0] === MSG.AUTH_SUCCESS ? 'in' : 'signature refused';
	}
}

// A signature blob by a key that readKey() or makeSk() made.
function sign(key, data) {
	const private_ = crypto.createPrivateKey({ format: 'jwk', key });
	const isEd25519 = key.crv === 'Ed25519';
	let tail = Buffer.alloc(0);
	let sig;

	if (key.application !== undefined) {
		// User present; the counter that security keys count up.
		tail = Buffer.from([1, 0, 0, 0, 7]);
		data = Buffer.concat(
		    [sha256(Buffer.from(key.application)), tail, sha256(data)]);
	}
	if (isEd25519) {
		sig = crypto.sign(null, data, private_);
	} else {
		const rs = crypto.sign('sha256', data,
		    { key: private_, dsaEncoding: 'ieee-p1363' });

		sig = Buffer.concat([mpint(rs.subarray(0, 32)),
			mpint(rs.subarray(32))]);
	}
	return Buffer.concat([str(key.type), str(sig), tail]);
}

// OpenSSH's private key file (Ed25519 only), or one of makeSk().
function readKey(file) {
	const text = fs.readFileSync(file, 'utf8');

	if (text.startsWith('{'))
		return JSON.parse(text);
	const key = require('sshpk').parsePrivateKey(text, 'ssh-private');

	if (key.type !== 'ed25519')
		throw new Error(file + ': not an Ed25519 key');
	return { type: 'ssh-ed25519', kty: 'OKP', crv: 'Ed25519',
		x: key.part.A.data.toString('base64url'),
		d: key.part.k.data.subarray(0, 32).toString('base64url') };
}

function makeSk(kind, file) {
	const pair = kind === 'ed25519' ?
	    crypto.generateKeyPairSync('ed25519') :
	    crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
	const key = pair.privateKey.export({ format: 'jwk' });
	const x = Buffer.from(key.x, 'base64url');
	let blob;

	key.application = 'ssh:';
	if (kind === 'ed25519') {
		key.type = 'sk-ssh-ed25519@openssh.com';
		blob = [str(key.type), str(x)];
	} else {
		key.type = 'sk-ecdsa-sha2-nistp256@openssh.com';
		blob = [str(key.type), str('nistp256'), str(Buffer.concat(
		    [Buffer.from([4]), x, Buffer.from(key.y, 'base64url')]))];
	}
	blob.push(str(key.application));
	fs.writeFileSync(file, JSON.stringify(key), { mode: 0o600 });
	fs.writeFileSync(file + '.pub', key.type + ' ' +
	    Buffer.concat(blob).toString('base64') + ' ' + kind + '\n');
}

async function main([port, user, keyFile, certFile, how]) {
	const blob = Buffer.from(
	    fs.readFileSync(certFile, 'latin1').split(/\s+/)[1], 'base64');
	const connection = new Connection(Number(port));
	let said;

	try {
		said = await connection.login(
		    user, blob, readKey(keyFile), how === 'unasked');
	} catch (e) {
		said = e.message;
	}
	console.log(said);
	process.exit(said === 'in' ? 0 : 1);
}

if (process.argv[2] === 'make-sk')
	makeSk(process.argv[3], process.argv[4]);
else
	main(process.argv.slice(2));
