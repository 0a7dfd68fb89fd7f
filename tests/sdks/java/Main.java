// SPDX-License-Identifier: Apache-2.0
import io.grpc.Grpc;
import io.grpc.TlsChannelCredentials;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleCounter;
import io.opentelemetry.api.metrics.DoubleGauge;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongUpDownCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.Aggregation;
import io.opentelemetry.sdk.metrics.InstrumentSelector;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.View;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.AggregationTemporalitySelector;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Records what told.py says and exports it twice: through the gateway, and straight to the reference.
 * Main PROTOCOL CODING TEMPORALITY ENDPOINT CA REFERENCE CLIENT
 */
public final class Main {
    private static volatile long round;
    private static volatile boolean failed;

    private static void note(CompletableResultCode code) {
        if (!code.isSuccess()) {
            failed = true;
        }
    }

    /** Exports to both. */
    private record Tee(AggregationTemporalitySelector temporality, List<MetricExporter> inner) implements MetricExporter {
        @Override
        public AggregationTemporality getAggregationTemporality(InstrumentType type) {
            return temporality.getAggregationTemporality(type);
        }

        @Override
        public CompletableResultCode export(Collection<MetricData> metrics) {
            CompletableResultCode all =
                CompletableResultCode.ofAll(inner.stream().map(x -> x.export(metrics)).toList());
            return all.whenComplete(() -> note(all));
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofAll(inner.stream().map(MetricExporter::flush).toList());
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofAll(inner.stream().map(MetricExporter::shutdown).toList());
        }
    }

    /** The sender over gRPC's own channel does not look at setTrustedCertificates: such a channel is made with them. */
    @SuppressWarnings("deprecation")
    private static MetricExporter overChannel(String coding, String endpoint, String ca) throws Exception {
        var target = URI.create(endpoint);
        var trusting = TlsChannelCredentials.newBuilder().trustManager(new File(ca)).build();
        return OtlpGrpcMetricExporter.builder().setCompression(coding)
            .setChannel(Grpc.newChannelBuilderForAddress(target.getHost(), target.getPort(), trusting).build()).build();
    }

    private static MetricExporter exporter(String protocol, String coding, String endpoint, String ca) throws Exception {
        byte[] certificate = ca.equals("-") ? null : Files.readAllBytes(Path.of(ca));
        if (protocol.equals("grpc")) {
            var builder = OtlpGrpcMetricExporter.builder().setEndpoint(endpoint).setCompression(coding);
            if (certificate != null) {
                builder.setTrustedCertificates(certificate);
            }
            return builder.build();
        }
        var builder = OtlpHttpMetricExporter.builder().setEndpoint(endpoint).setCompression(coding);
        if (certificate != null) {
            builder.setTrustedCertificates(certificate);
        }
        return builder.build();
    }

    private static void observe(Meter two) {
        Attributes arrays = Attributes.of(AttributeKey.stringArrayKey("names"), List.of("a", "b"),
            AttributeKey.longArrayKey("numbers"), List.of(1L, 2L, 3L),
            AttributeKey.booleanArrayKey("flags"), List.of(true, false));
        two.gaugeBuilder("observed").ofLongs().buildWithCallback(o -> {
            o.record(7, arrays);
            o.record(9007199254740991L, Attributes.of(AttributeKey.stringKey("empty"), ""));
        });
        two.counterBuilder("ticks").buildWithCallback(o -> o.record(10 * round));
        two.upDownCounterBuilder("depth").buildWithCallback(o -> o.record(5 - 3 * round));
    }

    private static Attributes kind(int of) {
        return Attributes.of(AttributeKey.stringKey("kind"), "k" + of);
    }

    private static Runnable recorder(Meter one, Meter two) {
        LongCounter requests = one.counterBuilder("requests").setUnit("1").setDescription("requests so far ✓").build();
        DoubleCounter work = one.counterBuilder("work").ofDoubles().build();
        LongUpDownCounter balance = one.upDownCounterBuilder("balance").build();
        DoubleHistogram latency = one.histogramBuilder("latency").setUnit("s")
            .setExplicitBucketBoundariesAdvice(List.of(0.0, 1.0, 2.5, 5.0, 10.0)).build();
        DoubleHistogram exponential = one.histogramBuilder("exponential").build();
        DoubleGauge temperature = two.gaugeBuilder("temperature").setUnit("Cel").build();
        return () -> {
            for (int i = 0; i < 20; i++) {
                requests.add(i + round, Attributes.of(AttributeKey.longKey("index"), (long) i,
                    AttributeKey.stringKey("text"), "käse ✓ " + "x".repeat(i),
                    AttributeKey.booleanKey("even"), i % 2 == 0, AttributeKey.doubleKey("part"), i * 0.25 + 0.125));
            }
            for (int i = 0; i < 5; i++) {
                Attributes index = Attributes.of(AttributeKey.longKey("index"), (long) i);
                work.add(i * 0.5 + round, index);
                balance.add(round - i, index);
                temperature.set(i * 1.5 - 20.25 + round, index);
            }
            for (int i = 0; i < 30; i++) {
                latency.record(i * 0.75, kind(i % 3));
                exponential.record((5 + 4 * i) / 16.0, kind(i % 2));
            }
        };
    }

    public static void main(String[] a) throws Exception {
        var temporality = a[2].equals("delta") ? AggregationTemporalitySelector.deltaPreferred()
            : AggregationTemporalitySelector.alwaysCumulative();
        String target = a[0].equals("grpc") ? a[3] : a[3] + "/v1/metrics";
        boolean channel = a[6].equals("managed-channel") && !a[4].equals("-");
        var first = channel ? overChannel(a[1], target, a[4]) : exporter(a[0], a[1], target, a[4]);
        var tee = new Tee(temporality, List.of(first, exporter("http/protobuf", "none", a[5], "-")));
        var resource = Resource.getDefault().merge(Resource.create(Attributes.builder().put("service.name", "sdk")
            .put("answer", 42L).put("ratio", 0.5).put("flag", true).put("names", "a", "b")
            .put("text", "käse ✓ 日本 😀").build()));
        var provider = SdkMeterProvider.builder().setResource(resource)
            .registerMetricReader(PeriodicMetricReader.builder(tee).setInterval(Duration.ofHours(1)).build())
            .registerView(InstrumentSelector.builder().setName("exponential").build(),
                View.builder().setAggregation(Aggregation.base2ExponentialBucketHistogram()).build())
            .build();
        Meter two = provider.get("told.two");
        observe(two);
        Runnable record = recorder(provider.meterBuilder("told.one").setInstrumentationVersion("1.2")
            .setSchemaUrl("https://example.com/schema").build(), two);
        for (round = 1; round <= 3; round++) {
            record.run();
            note(provider.forceFlush().join(20, TimeUnit.SECONDS));
        }
        round = 3;
        note(provider.shutdown().join(20, TimeUnit.SECONDS));
        System.exit(failed ? 1 : 0);
    }
}
