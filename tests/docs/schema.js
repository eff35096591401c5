/*
 * schema: the JSON schema of the policy and the parser, side by side.
 *
 *   schema.js SCHEMAS FOLDER...   each FOLDER holds policy.yaml, and in said
 *                                 what certgate says of it
 *   schema.js -m FILE FOLDER      the policy FILE with one thing changed, in
 *                                 every way that is known here: writes
 *                                 FOLDER/changed-N/policy.yaml
 *
 * What the parser takes the schema takes. What the parser refuses the schema
 * refuses, or no JSON schema could: then each of the errors is one of beyond.
 * ajv and yaml come from the npm registry; yaml reads as the editors do, which
 * means YAML 1.2.
 */
"use strict";
const fs = require("fs");
const path = require("path");
const YAML = require("yaml");

/*
 * Errors of the parser's for which a JSON schema has no words. One that no
 * policy at hand needs any more is a failure too.
 */
const beyond = [
    // YAML's own ways to write a value, of which JSON shows nothing:
    /^expected a number from 0 to \d+, found "0[\dx]+"/,
    /^a tag: /, /^a %TAG directive: /, /^an escape that is no Unicode char/,
    /^aliases \(\*\)/,
    // what other files say, and whose they are:
    /^[^"]+(:\d+:\d+)?: (error: |No such file|not a regular file|mode 0)/,
    /^mode 0\d+ lets others than its owner/, /^a symbolic link; name/,
    /^the policy itself; /,
    /^"(users|authorities)" is missing: nobody could log in/,
    // what stands elsewhere in the policy:
    /^there is no (authority|group) "/, /^authority ".*" has this key as well/,
    /^no authority (of this policy|that the rule admits) may vouch for the d/,
    /^".*" and ".*" \(.*\) are the same principal ".*" to authority /,
    /^".*" stands twice in one rule: the first decides/,
    /^the entry .* comes too late: /, /^".*" is the name of a group: /,
    /^authority ".*" has no "domains", but /,
    // what takes a calculation:
    / ends before it begins; /, /^the key ID is longer than 262,144 bytes/,
    / has bits set behind its prefix: /, / is an IPv4 address in the form of /,
    // what sshd knows:
    /^the options hold (from=|an option that sshd does not know)/,
];

function texts(said)
{
	return said.split("\n").filter((line) => /^[^ ].* error: /.test(line))
	    .map((line) => line.replace(/^([^ ]*\/)?policy\.yaml(:\d+:\d+)?: error: /,
		""));
}

const needed = new Set();

function is_beyond(error)
{
	const found = beyond.find((b) => b.test(error));

	needed.add(found);
	return found !== undefined;
}

/* The value as an editor sees it; undefined where it is no YAML. */
function read(text)
{
	const docs = YAML.parseAllDocuments(text);

	if (docs.length !== 1 || docs[0].errors.length !== 0)
		return undefined;
	try {
		return docs[0].toJS({ maxAliasCount: 1000 });
	} catch {
		return undefined;
	}
}

/* A file that is included holds the same, but for includes of its own. */
function is_part(part, value)
{
	const { version, include, ...rest } = value;

	return part(rest) && part({ version, ...rest }) &&
	    !part({ ...rest, include: include ?? "x" });
}

function compare(schemas, folders)
{
	const Ajv = require("ajv/dist/2020").default;
	const ajv = new Ajv({ allErrors: false, strict: true,
		strictTypes: false, strictRequired: false });
	const load = (name) => JSON.parse(fs.readFileSync(path.join(schemas,
	    name), "utf8"));
	let n_accepted = 0, n_refused = 0, n_beyond = 0, n_wrong = 0;

	ajv.addSchema(load("certgate-policy.schema.json"));
	ajv.addSchema(load("certgate-policy-included.schema.json"));
	const whole = ajv.getSchema("certgate-policy.schema.json");
	const part = ajv.getSchema("certgate-policy-included.schema.json");
	for (const folder of folders) {
		const text = fs.readFileSync(path.join(folder, "policy.yaml"),
		    "utf8");
		const said = fs.readFileSync(path.join(folder, "said"), "utf8");
		const errors = texts(said);
		const value = read(text);
		const takes = value !== undefined && whole(value);

		if (errors.length === 0 && takes && !is_part(part, value)) {
			n_wrong++;
			console.log(`schema: ${folder}: wrong as a part`);
		} else if (errors.length === 0 && takes) {
			n_accepted++;
		} else if (errors.length === 0) {
			n_wrong++;
			console.log(`schema: ${folder}: certgate takes it, ` +
			    `the schema does not:\n${text}`,
			    value === undefined ? "no YAML" : whole.errors);
		} else if (!takes) {
			n_refused++;
		} else if (errors.every(is_beyond)) {
			n_beyond++;
		} else {
			n_wrong++;
			console.log(`schema: ${folder}: certgate refuses it, ` +
			    `the schema does not:\n${text}\n${said}`);
		}
	}
	for (const b of beyond.filter((b) => !needed.has(b))) {
		n_wrong++;
		console.log(`schema: no policy needs ${b}: take it out`);
	}
	console.log(`schema: ${n_accepted} taken by both, ${n_refused} ` +
	    `refused by both, ${n_beyond} beyond a schema`);
	const n = n_accepted + n_refused + n_beyond + n_wrong;
	console.log(`${Math.floor((n - n_wrong) * 100 / Math.max(n, 1))}%: ` +
	    `Checks: ${n}, Failures: ${n_wrong}, Errors: 0`);
	process.exitCode = n_wrong === 0 && n_accepted > 0 && n_refused > 0 ?
	    0 : 1;
}

/* --- one thing changed ---------------------------------------------------- */

const values = [ null, true, 7, 1.5, "", "a b", "any", "*", "-x", "a@",
	"a@example.com", [], {}, [ "x" ], [ null ], { zzz: 1 } ];

/* Each place of the value: how to reach what holds it, and its key there. */
function places(value, above)
{
	const found = [];

	for (const key of Object.keys(value)) {
		found.push([ ...above, key ]);
		if (value[key] !== null && typeof value[key] === "object")
			found.push(...places(value[key], [ ...above, key ]));
	}
	return found;
}

function changed(base, place, change)
{
	const copy = structuredClone(base);
	let at = copy;

	for (const key of place.slice(0, -1))
		at = at[key];
	change(at, place[place.length - 1]);
	return copy;
}

function mutate(file, folder)
{
	const base = read(fs.readFileSync(file, "utf8"));
	let n = 0;
	const write = (value) => {
		const dir = path.join(folder, `changed-${++n}`);

		fs.mkdirSync(dir, { recursive: true, mode: 0o755 });
		fs.writeFileSync(path.join(dir, "policy.yaml"),
		    YAML.stringify(value, { lineWidth: 0 }));
	};

	for (const place of places(base, [])) {
		for (const value of values)
			write(changed(base, place,
			    (at, key) => { at[key] = value; }));
		write(changed(base, place, (at, key) => {
			if (Array.isArray(at))
				at.splice(Number(key), 1);
			else
				delete at[key];
		}));
		write(changed(base, place, (at, key) => {
			if (Array.isArray(at))
				return at.push("zzz");
			at[key + "z"] = at[key];
			delete at[key];
		}));
	}
}

if (process.argv[2] === "-m")
	mutate(process.argv[3], process.argv[4]);
else
	compare(process.argv[2], process.argv.slice(3));
