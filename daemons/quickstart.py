# SPDX-License-Identifier: Apache-2.0
"""A small application with the OpenTelemetry SDK: a counter, a gauge and a histogram over OTLP/gRPC."""
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

exporter = OTLPMetricExporter(endpoint="127.0.0.1:4317", insecure=True)
reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
provider = MeterProvider(metric_readers=[reader], resource=Resource.create({"service.name": "quickstart"}))
meter = provider.get_meter("quickstart")

orders = meter.create_counter("shop.orders", unit="{order}", description="orders taken")
latency = meter.create_histogram("shop.latency", unit="s", description="time per order")
basket = meter.create_gauge("shop.basket", unit="{item}", description="items in the basket")
for i in range(20):
    orders.add(1, {"payment": "card" if i % 3 else "cash"})
    latency.record(0.01 * i, {"payment": "card" if i % 3 else "cash"})
    basket.set(i)
ok = reader.force_flush()
provider.shutdown()
print("sent: shop.orders (2 series), shop.latency (2 series), shop.basket (1 series)" if ok is not False else "not sent")
