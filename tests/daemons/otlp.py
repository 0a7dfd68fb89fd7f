# SPDX-License-Identifier: Apache-2.0
"""Just enough protobuf to make OTLP requests by hand, so that the default tests need nothing from PyPI."""
import struct


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, payload):
    if isinstance(payload, str):
        payload = payload.encode()
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def fixed64(number, value):
    return varint(number << 3 | 1) + struct.pack("<Q", value)


def attribute(key, value):
    if isinstance(value, int):
        any_value = b"\x18" + varint(value)
    elif isinstance(value, bytes):
        any_value = value  # an encoded AnyValue
    else:
        any_value = field(1, value)
    return field(1, key) + field(2, any_value)


def point(value, time_unix_ns=1700000000000000000, attributes=()):
    return (b"".join(field(7, attribute(k, v)) for k, v in attributes) + fixed64(3, time_unix_ns) +
            varint(6 << 3 | 1) + struct.pack("<q", value))


def gauge(name, points):
    return field(1, name) + field(5, b"".join(field(1, p) for p in points))


def request(metrics, resource=(("service.name", "test"),)):
    resource_message = b"".join(field(1, attribute(k, v)) for k, v in resource)
    scope = field(1, field(1, "scope"))
    return field(1, field(1, resource_message) + field(2, scope + b"".join(field(2, m) for m in metrics)))


def points_request(count, first=0, source="test"):
    """count points, each with its own number."""
    return request([gauge("test.gauge", [point(first + i, attributes=(("ledger.source", source),
                                                                       ("ledger.sequence", first + i)))
                                         for i in range(count)])])


def nested(depth):
    """A request whose attribute value nests so deep."""
    value = field(1, "x")
    for _ in range(depth - 1):
        value = field(5, field(1, value))
    return request([gauge("deep", [point(1, attributes=(("k", value),))])])


def status(body):
    """(code, message) of an encoded google.rpc.Status."""
    code, message, at = 0, b"", 0
    while at < len(body):
        tag = body[at]
        if tag == 8:
            code, at = body[at + 1], at + 2
        elif tag == 18:
            length, at = body[at + 1], at + 2
            if length > 127:
                length, at = (length & 127) | body[at] << 7, at + 1
            message, at = body[at:at + length], at + length
        else:
            break
    return code, message.decode()
