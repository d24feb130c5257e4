"""A C2SP tlog-tiles client that shares no code with Commonpot and uses nothing but Python's standard library.

usage: independent_client.py <log's url> <vkey> [<size and root of an earlier checkpoint: n:base64>]
Reads checkpoint, tiles and entry bundles; checks the Ed25519 signature (RFC 8032), every leaf, every tile of every level, the root (RFC 6962), an inclusion proof of
each entry rebuilt from tiles alone, that the earlier checkpoint is a prefix, and that money entries add up to zero. Prints one JSON line.
"""
import base64, hashlib, json, sys, urllib.error, urllib.request

P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P
L = 2**252 + 27742317777372353535851937790883648493


def recover_x(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P:
        raise ValueError("no point")
    return P - x if x & 1 != sign else x


def point(bytes_):
    y = int.from_bytes(bytes_, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    return (recover_x(y, sign), y)


def add(p, q):
    (x1, y1), (x2, y2) = p, q
    t = D * x1 * x2 * y1 * y2 % P
    return ((x1 * y2 + y1 * x2) * pow(1 + t, P - 2, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, P - 2, P) % P)


def times(n, p):
    q = (0, 1)
    while n:
        if n & 1:
            q = add(q, p)
        p, n = add(p, p), n >> 1
    return q


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y)


def ed25519_verify(key, message, signature):
    s = int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return s < L and times(s, BASE) == add(point(signature[:32]), times(h, point(key)))


def sha(data):
    return hashlib.sha256(data).digest()


def tree(hashes):
    if not hashes:
        return sha(b"")
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha(b"\x01" + tree(hashes[:k]) + tree(hashes[k:]))


def path_of(n):
    groups = []
    while True:
        groups.insert(0, "%03d" % (n % 1000))
        n //= 1000
        if n == 0:
            break
    return "/".join("x" + g for g in groups[:-1]) + ("/" if len(groups) > 1 else "") + groups[-1]


def get(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read()


def tile(prefix, level, n, width):
    whole = "%s/tile/%s/%s" % (prefix, level, path_of(n))
    if width == 256:
        return get(whole)
    try:
        return get("%s.p/%d" % (whole, width))
    except urllib.error.HTTPError:
        return get(whole)


def check(condition, what):
    if not condition:
        raise SystemExit("WRONG: " + what)


def main(prefix, vkey, earlier=None):
    name, key_id, encoded = vkey.split("+", 2)
    key = base64.b64decode(encoded)
    check(key[0] == 1, "an Ed25519 key")
    check(sha(name.encode() + b"\n" + key)[:4].hex() == key_id, "the key's id")
    note = get(prefix + "/checkpoint").decode()
    text, signatures = note.rsplit("\n\n", 1)
    text += "\n"
    origin, size, root = text.split("\n")[:3]
    check(origin == name, "the origin")
    size, root = int(size), base64.b64decode(root)
    signed = [base64.b64decode(line.split(" ")[2]) for line in signatures.splitlines() if line.split(" ")[1] == name]
    mine = [s[4:] for s in signed if s[:4].hex() == key_id]
    check(len(mine) == 1 and ed25519_verify(key[1:], text.encode(), mine[0]), "the signature")

    leaves, balances = [], {}
    for n in range((size + 255) // 256):
        width = min(256, size - 256 * n)
        bundle, at, entries = tile(prefix, "entries", n, width), 0, []
        while at < len(bundle):
            length = int.from_bytes(bundle[at : at + 2], "big")
            entries.append(bundle[at + 2 : at + 2 + length])
            at += 2 + length
        hashes = [sha(b"\x00" + entry) for entry in entries[:width]]
        check(tile(prefix, 0, n, width)[: 32 * width] == b"".join(hashes), "tile 0/%d" % n)
        leaves += hashes
        for entry in entries[:width]:
            read = json.loads(entry)
            spelled = json.dumps(read, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            check(spelled == entry, "the spelling of entry %d" % (len(leaves) - 1))
            check(sum(p["amount"] for p in read.get("postings", [])) == 0, "the sum of an entry")
            for p in read.get("postings", []):
                balances[p["account"]] = balances.get(p["account"], 0) + p["amount"]
    check(tree(leaves) == root, "the root")
    level, below = 1, leaves
    while len(below) >= 256:
        below = [tree(below[i : i + 256]) for i in range(0, len(below) - 255, 256)]
        for n in range((len(below) + 255) // 256):
            part = below[256 * n : 256 * n + 256]
            check(tile(prefix, level, n, len(part))[: 32 * len(part)] == b"".join(part), "tile %d/%d" % (level, n))
        level += 1
    if earlier:
        old_size, old_root = earlier.split(":", 1)
        check(tree(leaves[: int(old_size)]) == base64.b64decode(old_root), "the earlier checkpoint")
    print(json.dumps({"size": size, "root": base64.b64encode(root).decode(), "balances": balances}))


main(*sys.argv[1:])
