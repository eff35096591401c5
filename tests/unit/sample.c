#include "config.h"

#include "tests/unit/sample.h"

#include "lib/base64.h"

#include <stdlib.h>
#include <string.h>

/*
 * Made by OpenSSH 9.2's ssh-keygen -s; the private keys are gone.  Options:
 *  rsa-sha2-512: force-command, source-address, verify-required
 *  rsa-sha2-256: -O clear, no principals, no key ID, no end
 *  p384: no-touch-required; p521: extension:login@example.com=bob
 */
const struct sample samples[SAMPLE_COUNT] = {
	[SAMPLE_ED25519] = { "ed25519",
	    "ssh-ed25519-cert-v01@openssh.com", CERT_KEY_ED25519,
	    "AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIFkZBLlF"
	    "eborQgiwC2foZT5mm4DR2qpL//r4qaQKot9/AAAAIGeSslSTdP17HUHeNMop"
	    "NIJCo3Boq0BbMfEyU0ybs9GZAAAAAAAAACoAAAABAAAAEGpkb2VAZXhhbXBs"
	    "ZS5jb20AAAASAAAABGpkb2UAAAAGZGVwbG95AAAAAGlVuQAAAAAAfCRfAAAA"
	    "AAAAAACCAAAAFXBlcm1pdC1YMTEtZm9yd2FyZGluZwAAAAAAAAAXcGVybWl0"
	    "LWFnZW50LWZvcndhcmRpbmcAAAAAAAAAFnBlcm1pdC1wb3J0LWZvcndhcmRp"
	    "bmcAAAAAAAAACnBlcm1pdC1wdHkAAAAAAAAADnBlcm1pdC11c2VyLXJjAAAA"
	    "AAAAAAAAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIKaBa5Ca3X1cnKZpjtHSVBst"
	    "V2caWO/c+jncly2p6j87AAAAUwAAAAtzc2gtZWQyNTUxOQAAAEA/UMJLw6iE"
	    "0dJAy3MBl8s5KyfVL/WIveCCwPJy5dUXLR3OXgSwGz7QxoiSYu24ybnuGIte"
	    "szL3xp3fbSLZjQcF",
	    "SHA256:nmHs1e0tcWGcUAMzvoj0chFLpVQGS4zPxBW9cRJcldw",
	    "SHA256:iHhrHq8BlVPHbppmdfNjKLqwgmu5SW+GpZ+69634dwI" },
	[SAMPLE_RSA_SHA512] = { "rsa, rsa-sha2-512",
	    "ssh-rsa-cert-v01@openssh.com", CERT_KEY_RSA,
	    "AAAAHHNzaC1yc2EtY2VydC12MDFAb3BlbnNzaC5jb20AAAAgn6XB6nu/l6E8"
	    "wEKTTFRJgvcnWe3b2EE7PnKugAeLWN8AAAADAQABAAAAgQDKwGHOTjFFwS0x"
	    "mS9nyutwraCpKIVZcJeBGV2imjunZIugn8PajS9qcUunPjTXwwythPpjP4G3"
	    "9iT6ZpuEgkOE5TwqQcJqSQUOXvqC/6Lt9075D/+xjPeJDgzxGbNby0qYPAGn"
	    "r5mDGfMUEsChHLtVQxU3VD3k7hlVvW+Duo+7B///////////AAAAAQAAAAhr"
	    "ZXkgImlkIgAAAAkAAAAFYWxpY2UAAAAAaVW5AAAAAAB8JF8AAAAAbgAAAA1m"
	    "b3JjZS1jb21tYW5kAAAADgAAAAovYmluL2xzIC1sAAAADnNvdXJjZS1hZGRy"
	    "ZXNzAAAAHgAAABoxOTIuMC4yLjAvMjQsMjAwMTpkYjg6Oi8zMgAAAA92ZXJp"
	    "ZnktcmVxdWlyZWQAAAAAAAAAggAAABVwZXJtaXQtWDExLWZvcndhcmRpbmcA"
	    "AAAAAAAAF3Blcm1pdC1hZ2VudC1mb3J3YXJkaW5nAAAAAAAAABZwZXJtaXQt"
	    "cG9ydC1mb3J3YXJkaW5nAAAAAAAAAApwZXJtaXQtcHR5AAAAAAAAAA5wZXJt"
	    "aXQtdXNlci1yYwAAAAAAAAAAAAABFwAAAAdzc2gtcnNhAAAAAwEAAQAAAQEA"
	    "nWakcn6JI+YstV66Jai3LPvD1BiR5BngYrPtWggvnU0FfJxlSaTKSSGfREpK"
	    "UPPlXkYVVmV1FiFkVAWQPJNQzeg5k/c7pDrFKek6OjgV8UEYVwrE97hPZ/Fi"
	    "C85ikUMqfxtGYo6N40T0ytJtgA9O+nWg/iJK9/OlYBsgcMsnGqPlpClV0tG6"
	    "1ml48mdK3fw2r7GElvB9FLJtUntP9JmXErTZXCmEWrVewH6bNWLD+G3sQSlQ"
	    "zM0se2V3wFYgSBGRov0gwb2mJ59JaoZr2jRVOvoWWjn/sjM6MzYb0noeru4o"
	    "EAbG2Q1Bu2w4k+oKLkoUeJty6zxk62uN1L4RJCCwkQAAARQAAAAMcnNhLXNo"
	    "YTItNTEyAAABAFlmRbWdC/4jDbUi7+TOMe7CV5Tfbccxi2hVabTvTH+/L1dm"
	    "oLn9nLrxFEKEvC3I/aEXCeAtXEXWWJT1hOnWPZ92R6n6MoW0CId1Ef9GLNFE"
	    "eOSEu5zPowoXFsmdcwUvq+PwiFxDAmM9uqcKz0HwDCIybAkME1FTHbJtkxjA"
	    "iEKwc2MGZpoRYz28Tu0N5LUknGCn+RDHFOO4Iut+iOFrNtFkG2gIeQQAgLsX"
	    "dT605LX9eHo+4exigSJGNEmoQIemq9fgSxNY8R9V6rN0yWsRztWS4qLhZIdl"
	    "zihGU5nLriElrnQoe5+zPAsKnf6syoLB20dhF7y3z9g3tGR6wAOD/SU=",
	    "SHA256:k2e7N0QdubaTCVqaSJTBkkV7pm1UT5Exs7M3L6pHpb8",
	    "SHA256:U7zWTvMD2hE/7B03WmpLdhzh3rwAnj2kTVFwgM+bY5Y" },
	[SAMPLE_RSA_SHA256] = { "rsa, rsa-sha2-256",
	    "ssh-rsa-cert-v01@openssh.com", CERT_KEY_RSA,
	    "AAAAHHNzaC1yc2EtY2VydC12MDFAb3BlbnNzaC5jb20AAAAgLUQDK3Q1ntXP"
	    "uEQ7P1oKx/hRIRC8Msyu8ez+UuA+/zQAAAADAQABAAABAQCgjF6RQdVHPQhK"
	    "uGMaKwEdgFmUfNTsYu3rrkWKevWfdh4SrVKD1Y8a1EXji3JLNllvLjSdCe6R"
	    "0G3B3eBOjUxotqlwPM5nxnaYnK7dLKuF5o0SK2K/GdFGbLqCvBmMQCd8cU9j"
	    "MWaIcAgcjf9QVqnbPqqVW/v9nALUfOMMf3FK06rFEeDkzPELr63mU93/fF6U"
	    "CJSO1p287Y2q/3HR1gRysTHFUZhfGlhjtWfKVXwNf5bQvyI6JnD0WunBocar"
	    "/AcHoVEZxn5QKNAOqzySNOGNFx2gKhyvd+ZAf5ORo4aAkPTeqrk7dQKAp9KX"
	    "TZBH3c7TVWShBkTcZMIghD4hIFL/AAAAAAAAAAAAAAABAAAAAAAAAAAAAAAA"
	    "AAAAAP//////////AAAAAAAAAAAAAAAAAAAAlwAAAAdzc2gtcnNhAAAAAwEA"
	    "AQAAAIEA13lcN2NFWpXmbsnNb3VfO0oLvBygrLjkh3Eiopn4n6oBUMVmClyy"
	    "Prkr/bvPTq/wHc6oY+WSRi7Ecp5/W3CdjGEa8GboXYMtMkUWdleqnMb+9bXv"
	    "QKlLfAN9lUrVBbelOJGf25YURJIWq18NbzuWxO57zs+GRz/36Pt3P/ag7uUA"
	    "AACUAAAADHJzYS1zaGEyLTI1NgAAAIDAmib5IzduuRayPWwblMC8oQwbN8RJ"
	    "U9nhLFV5wIw26+YaeHtJfX9kxkOT0AG+f2X2khYV2SVR05Va4aldvl4Rm+/p"
	    "T7ZWrpWtEhILXataZM2VqQjmgsU17MbZvodpyM5ggLC5XQcFVDRVNjWhv2+9"
	    "lpvq3ZQ4kF8ECmK7RLKs8A==",
	    "SHA256:RreSZVw8CWXjjETZG9i1nWpauQOONA2Cax3GSgAyuKA",
	    "SHA256:CG4EcQI7+hj+ODY8jy/SBIY89DEYBkrAtsMT64K99Fw" },
	[SAMPLE_P256] = { "p256",
	    "ecdsa-sha2-nistp256-cert-v01@openssh.com", CERT_KEY_ECDSA_P256,
	    "AAAAKGVjZHNhLXNoYTItbmlzdHAyNTYtY2VydC12MDFAb3BlbnNzaC5jb20A"
	    "AAAgxl919Oz0osjt3/WvTSsWt1NbVc4mZa/G34bON1lJLeMAAAAIbmlzdHAy"
	    "NTYAAABBBMpzfTOx/UP/oaTcXcVBquomMXpqpeklj7pJwyKo8vORVM51pmCJ"
	    "U6mN/PSkoA9o1E+gppRH1o/y1mauo7uMytAAAAAAAAAAAQAAAAEAAAAEcDI1"
	    "NgAAAAcAAAADYm9iAAAAAGlVuQAAAAAAfCRfAAAAAAAAAACCAAAAFXBlcm1p"
	    "dC1YMTEtZm9yd2FyZGluZwAAAAAAAAAXcGVybWl0LWFnZW50LWZvcndhcmRp"
	    "bmcAAAAAAAAAFnBlcm1pdC1wb3J0LWZvcndhcmRpbmcAAAAAAAAACnBlcm1p"
	    "dC1wdHkAAAAAAAAADnBlcm1pdC11c2VyLXJjAAAAAAAAAAAAAABoAAAAE2Vj"
	    "ZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBOo1bBxd7IQNbJln"
	    "OklaIz2wxR1mSu1bYlGJSNC59MQDV0Z03xEyxpiQbeuwPSuXVFJz6IBvd0bt"
	    "V5Lsu9H09DgAAABlAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAABKAAAAIQC7"
	    "t8N5VnrDCSUiLBbo5emhYChYRpD+TJ419UP6ydCo+gAAACEAvOd2aX8YLYxk"
	    "aAfaQgPsiEoSBKWl+lfpmR0caRosgkk=",
	    "SHA256:CjggDx32qsja+TD9x2wmqo6aFmSwdlyDgNy1LBsiWIA",
	    "SHA256:SauKoQne4EQc6EgpQQDkNk7EqteBxi4ohGo7Xufjjkk" },
	[SAMPLE_P384] = { "p384",
	    "ecdsa-sha2-nistp384-cert-v01@openssh.com", CERT_KEY_ECDSA_P384,
	    "AAAAKGVjZHNhLXNoYTItbmlzdHAzODQtY2VydC12MDFAb3BlbnNzaC5jb20A"
	    "AAAgSnZfK/uBF/3RxYNqQdBr5+RFZAMFa7wARW9LEQt7CgAAAAAIbmlzdHAz"
	    "ODQAAABhBM/DUEP/bCUcgxF125luDL0J4LEHHe18AuizCpv+4twCptL5CdN1"
	    "uVp3U4HYq31Wvb6+pRGQToLbs0ihMEEWU/LuJbmcq9LqaMU6mkZ5SNrhhN54"
	    "iSoA7LPqftOFZwBpIQAAAAAAAAABAAAAAQAAAARwMzg0AAAABwAAAANib2IA"
	    "AAAAaVW5AAAAAAB8JF8AAAAAAAAAAJsAAAARbm8tdG91Y2gtcmVxdWlyZWQA"
	    "AAAAAAAAFXBlcm1pdC1YMTEtZm9yd2FyZGluZwAAAAAAAAAXcGVybWl0LWFn"
	    "ZW50LWZvcndhcmRpbmcAAAAAAAAAFnBlcm1pdC1wb3J0LWZvcndhcmRpbmcA"
	    "AAAAAAAACnBlcm1pdC1wdHkAAAAAAAAADnBlcm1pdC11c2VyLXJjAAAAAAAA"
	    "AAAAAACIAAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABh"
	    "BMzYAFpMPkLBcTex1vYX7938jDqs5jslI46EsKCE8hjmoVmo8GYzrje0orfI"
	    "5Jv6xXDVlYB6WmaGZvQz7komFlmuf8z3yUDdFeKDHDYWZZYeXWvY/VX4LIb+"
	    "Cj5xGu6MSwAAAIQAAAATZWNkc2Etc2hhMi1uaXN0cDM4NAAAAGkAAAAwctmN"
	    "1StxEtCddwIUYZrUCEGD9kmJ8KTDRWmOR9S+8kjA59Ru6S/JWrOcRuc/3rPm"
	    "AAAAMQD7b0nHpXe6Xu9rTLvxVqM9skrN31bUouaK5jhz/uKAd3FYGGjEioPy"
	    "7MjNxEbrTaA=",
	    "SHA256:zOwMAfULOs4rvRCWhz9PR6mVUTOgakMbQzEB2HzhKCc",
	    "SHA256:fqlUv3ZSWroliICh4Kf7uAhdtLyYEywo0ubbxdJ5hFs" },
	[SAMPLE_P521] = { "p521",
	    "ecdsa-sha2-nistp521-cert-v01@openssh.com", CERT_KEY_ECDSA_P521,
	    "AAAAKGVjZHNhLXNoYTItbmlzdHA1MjEtY2VydC12MDFAb3BlbnNzaC5jb20A"
	    "AAAgNfto7je4s6DHkoy6XnVY4jYZMiHq1J++WYaBC6S6O5QAAAAIbmlzdHA1"
	    "MjEAAACFBAG1jedY8W0WhywvJWJNjr38nRWGqk7M3+dxvRRStz/K9K3TzH3H"
	    "ZThxb9IleiHf2rNLTAhDK/2BjldDqZb6wBkhVAESUvx/WZ0cf+omRR4nY81m"
	    "p7Xc1DHeqpVcPjNa60I3b9wluPhBh2k3KtE/DQJkSCiO6o3Gkax1ocT/wnvD"
	    "J9TnSgAAAAAAAAABAAAAAQAAAARwNTIxAAAABwAAAANib2IAAAAAaVW5AAAA"
	    "AAB8JF8AAAAAAAAAAKIAAAARbG9naW5AZXhhbXBsZS5jb20AAAAHAAAAA2Jv"
	    "YgAAABVwZXJtaXQtWDExLWZvcndhcmRpbmcAAAAAAAAAF3Blcm1pdC1hZ2Vu"
	    "dC1mb3J3YXJkaW5nAAAAAAAAABZwZXJtaXQtcG9ydC1mb3J3YXJkaW5nAAAA"
	    "AAAAAApwZXJtaXQtcHR5AAAAAAAAAA5wZXJtaXQtdXNlci1yYwAAAAAAAAAA"
	    "AAAArAAAABNlY2RzYS1zaGEyLW5pc3RwNTIxAAAACG5pc3RwNTIxAAAAhQQB"
	    "h2nirhs/+u8RIts8cbv6EHi+bTr76hkuoEjNPk/Lk8+bUk8Z0WQgl5We0QLR"
	    "uhjqTB2W8gB382Anp3VK2yO9Kp0AIoCRbGa26y8E5gLRsY17ltjnwZrpqROY"
	    "HGHnGtdLsSQrHJJM76RvpSFlp3QPBudUIQ/vsqsrOfvWj4g2zBRDRVsAAACl"
	    "AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAACKAAAAQXsC9a0ux4EjOo5AF0Xn"
	    "vY468Fv30UvdaDIEFUxcs77s02vAOi/B/Fjr2k2ovuyaAV4kvP9FcjbXOfyL"
	    "Fgb3IoGaAAAAQQrO5sCObfD3Yujd88sMuk4E1vItJy+4plzeaj1Rk9E7J42j"
	    "3o86LVi8SfeEABaB65hQ6U56Eg1PTLJQlEl0bRCm",
	    "SHA256:CciCsipFvriYQN7lOQuJpOVZWoXJuKYqwc9ZuamkSgk",
	    "SHA256:vL3S/aUesiOoyEYtSLWtDWOYWUhVqtAbZ5TNF7g/t48" },
	[SAMPLE_HOST] = { "host",
	    "ssh-ed25519-cert-v01@openssh.com", CERT_KEY_ED25519,
	    "AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIK4NW8H+"
	    "dOSralHEQOtnR7BlKWvuac6CmaL//0CmdJpeAAAAIGeSslSTdP17HUHeNMop"
	    "NIJCo3Boq0BbMfEyU0ybs9GZAAAAAAAAAAAAAAACAAAAEGhvc3QuZXhhbXBs"
	    "ZS5jb20AAAAUAAAAEGhvc3QuZXhhbXBsZS5jb20AAAAAaVW5AAAAAAB8JF8A"
	    "AAAAAAAAAAAAAAAAAAAAMwAAAAtzc2gtZWQyNTUxOQAAACCmgWuQmt19XJym"
	    "aY7R0lQbLVdnGljv3Po53Jctqeo/OwAAAFMAAAALc3NoLWVkMjU1MTkAAABA"
	    "s2B7TBX7fup0XBfZoac4+afcwbDgp4pAk+znUy2Qwj/Gu2BtIRxHMK/PwWxV"
	    "UYjbj6e2spA9IftiYqYqaxCQBw==",
	    "SHA256:nmHs1e0tcWGcUAMzvoj0chFLpVQGS4zPxBW9cRJcldw",
	    "SHA256:iHhrHq8BlVPHbppmdfNjKLqwgmu5SW+GpZ+69634dwI" },
	[SAMPLE_SHA1] = { "sha1",
	    "ssh-ed25519-cert-v01@openssh.com", CERT_KEY_ED25519,
	    "AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAINcQ0opn"
	    "95iecPlXLasaKUUu8T+zjoStmCvCry/ftxT6AAAAIGeSslSTdP17HUHeNMop"
	    "NIJCo3Boq0BbMfEyU0ybs9GZAAAAAAAAAAAAAAABAAAABHNoYTEAAAAHAAAA"
	    "A2JvYgAAAABpVbkAAAAAAHwkXwAAAAAAAAAAggAAABVwZXJtaXQtWDExLWZv"
	    "cndhcmRpbmcAAAAAAAAAF3Blcm1pdC1hZ2VudC1mb3J3YXJkaW5nAAAAAAAA"
	    "ABZwZXJtaXQtcG9ydC1mb3J3YXJkaW5nAAAAAAAAAApwZXJtaXQtcHR5AAAA"
	    "AAAAAA5wZXJtaXQtdXNlci1yYwAAAAAAAAAAAAAAlwAAAAdzc2gtcnNhAAAA"
	    "AwEAAQAAAIEA13lcN2NFWpXmbsnNb3VfO0oLvBygrLjkh3Eiopn4n6oBUMVm"
	    "ClyyPrkr/bvPTq/wHc6oY+WSRi7Ecp5/W3CdjGEa8GboXYMtMkUWdleqnMb+"
	    "9bXvQKlLfAN9lUrVBbelOJGf25YURJIWq18NbzuWxO57zs+GRz/36Pt3P/ag"
	    "7uUAAACPAAAAB3NzaC1yc2EAAACAB8KHFbm/Y6dt+4AORQ2y5mzSKwtN0czL"
	    "riCVl/yQ4YaMs+UyZiTC3OuyYWZZeb3JfHZZsfvw/hhwfefDm6ChWP3dmRnQ"
	    "+N8uVkU/RXPCnS7gTH19Of42mdKpY+GO7DbkXojaGYHm0KcL0IhXby7/XbP6"
	    "VgNpnIEHxTdFnZKWbWA=",
	    "SHA256:nmHs1e0tcWGcUAMzvoj0chFLpVQGS4zPxBW9cRJcldw",
	    "SHA256:CG4EcQI7+hj+ODY8jy/SBIY89DEYBkrAtsMT64K99Fw" },
};

unsigned char *
sample_decode(const char *base64, size_t *len)
{
	size_t text_len = strlen(base64);
	unsigned char *blob = malloc(BASE64_DECODED_MAX(text_len) + 1);
	unsigned char *fitted;
	long n;

	if (blob == NULL || (n = base64_decode(blob, base64, text_len)) < 0)
		abort();
	if ((fitted = realloc(blob, (size_t)n + (n == 0))) == NULL)
		abort();
	*len = (size_t)n;
	return fitted;
}

unsigned char *
sample_blob(const struct sample *s, size_t *len)
{
	return sample_decode(s->base64, len);
}

/* What stands in a field that is not replaced; raw ones without a length. */
static struct span
default_bytes(enum sample_field field, struct wire *scratch)
{
	static const unsigned char zeros[64];

	wire_reset(scratch);
	switch (field) {
	case FIELD_TYPE_NAME:
		return span_of("ssh-ed25519-cert-v01@openssh.com");
	case FIELD_NONCE:
		return (struct span) { zeros, 32 };
	case FIELD_KEY:
		wire_put_string(scratch, (struct span) { zeros, 32 });
		break;
	case FIELD_SERIAL:
		wire_put_u64(scratch, 7);
		break;
	case FIELD_TYPE:
		wire_put_u32(scratch, CERT_USER);
		break;
	case FIELD_KEY_ID:
		return span_of("jdoe@example.com");
	case FIELD_PRINCIPALS:
		wire_put_text(scratch, "jdoe");
		break;
	case FIELD_VALIDITY:
		wire_put_u64(scratch, SAMPLE_VALID_AFTER);
		wire_put_u64(scratch, SAMPLE_VALID_BEFORE);
		break;
	case FIELD_CA_KEY:
		wire_put_text(scratch, "ssh-ed25519");
		wire_put_string(scratch, (struct span) { zeros, 32 });
		break;
	case FIELD_SIGNATURE:
		wire_put_text(scratch, "ssh-ed25519");
		wire_put_string(scratch, (struct span) { zeros, 64 });
		break;
	case FIELD_CRITICAL:
	case FIELD_EXTENSIONS:
	case FIELD_RESERVED:
	case FIELD_TAIL:
	case FIELD_NONE:
	case FIELD_COUNT:
		break;
	}
	return wire_span(scratch);
}

static bool
is_raw(enum sample_field field)
{
	return field == FIELD_KEY || field == FIELD_SERIAL ||
	    field == FIELD_TYPE || field == FIELD_VALIDITY ||
	    field == FIELD_TAIL;
}

void
sample_build(struct wire *out, enum sample_field field, struct span bytes,
    enum sample_field field2, struct span bytes2)
{
	struct wire scratch = WIRE_INIT;
	int i;

	for (i = FIELD_TYPE_NAME; i < FIELD_COUNT; i++) {
		enum sample_field here = (enum sample_field)i;
		struct span s = here == field ? bytes :
		    here == field2            ? bytes2 :
						default_bytes(here, &scratch);

		if (is_raw(here))
			wire_put_bytes(out, s.p, s.len);
		else
			wire_put_string(out, s);
	}
	wire_free(&scratch);
	if (out->has_failed)
		abort();
}
