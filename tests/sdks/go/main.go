// SPDX-License-Identifier: Apache-2.0

// Records what told.py says and exports it twice: through the gateway, and straight to the reference.
// sdk-test PROTOCOL CODING TEMPORALITY ENDPOINT CA REFERENCE
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	"google.golang.org/grpc/credentials"
)

var round int64

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func temporalityOf(name string) sdk.TemporalitySelector {
	return func(kind sdk.InstrumentKind) metricdata.Temporality {
		switch kind {
		case sdk.InstrumentKindCounter, sdk.InstrumentKindHistogram, sdk.InstrumentKindObservableCounter:
			if name == "delta" {
				return metricdata.DeltaTemporality
			}
		}
		return metricdata.CumulativeTemporality
	}
}

func exporter(ctx context.Context, protocol, coding, temporality, endpoint, ca string) sdk.Exporter {
	var config *tls.Config
	if ca != "-" {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(must(os.ReadFile(ca))) {
			log.Fatal("no certificate in ", ca)
		}
		config = &tls.Config{RootCAs: pool}
	}
	if protocol == "grpc" {
		options := []otlpmetricgrpc.Option{otlpmetricgrpc.WithEndpointURL(endpoint),
			otlpmetricgrpc.WithTemporalitySelector(temporalityOf(temporality))}
		if config != nil {
			options = append(options, otlpmetricgrpc.WithTLSCredentials(credentials.NewTLS(config)))
		}
		if coding == "gzip" {
			options = append(options, otlpmetricgrpc.WithCompressor("gzip"))
		}
		return must(otlpmetricgrpc.New(ctx, options...))
	}
	options := []otlpmetrichttp.Option{otlpmetrichttp.WithEndpointURL(endpoint + "/v1/metrics"),
		otlpmetrichttp.WithTemporalitySelector(temporalityOf(temporality))}
	if config != nil {
		options = append(options, otlpmetrichttp.WithTLSClientConfig(config))
	}
	if coding == "gzip" {
		options = append(options, otlpmetrichttp.WithCompression(otlpmetrichttp.GzipCompression))
	}
	return must(otlpmetrichttp.New(ctx, options...))
}

// tee exports to both.
type tee struct{ sdk.Exporter }

var reference sdk.Exporter

func (t tee) Export(ctx context.Context, data *metricdata.ResourceMetrics) error {
	return errors.Join(t.Exporter.Export(ctx, data), reference.Export(ctx, data))
}

func (t tee) Shutdown(ctx context.Context) error {
	return errors.Join(t.Exporter.Shutdown(ctx), reference.Shutdown(ctx))
}

func observe(two metric.Meter) {
	must(two.Int64ObservableGauge("observed", metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(7, metric.WithAttributes(attribute.StringSlice("names", []string{"a", "b"}),
			attribute.Int64Slice("numbers", []int64{1, 2, 3}), attribute.BoolSlice("flags", []bool{true, false})))
		o.Observe(9007199254740991, metric.WithAttributes(attribute.String("empty", "")))
		return nil
	})))
	must(two.Int64ObservableCounter("ticks", metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(10 * round)
		return nil
	})))
	must(two.Int64ObservableUpDownCounter("depth", metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(5 - 3*round)
		return nil
	})))
}

func recorder(ctx context.Context, one, two metric.Meter) func() {
	requests := must(one.Int64Counter("requests", metric.WithUnit("1"), metric.WithDescription("requests so far ✓")))
	work := must(one.Float64Counter("work"))
	balance := must(one.Int64UpDownCounter("balance"))
	latency := must(one.Float64Histogram("latency", metric.WithUnit("s"), metric.WithExplicitBucketBoundaries(0, 1, 2.5, 5, 10)))
	exponential := must(one.Float64Histogram("exponential"))
	temperature := must(two.Float64Gauge("temperature", metric.WithUnit("Cel")))
	return func() {
		for i := int64(0); i < 20; i++ {
			requests.Add(ctx, i+round, metric.WithAttributes(attribute.Int64("index", i),
				attribute.String("text", "käse ✓ "+strings.Repeat("x", int(i))), attribute.Bool("even", i%2 == 0),
				attribute.Float64("part", float64(i)*0.25+0.125)))
		}
		for i := int64(0); i < 5; i++ {
			index := metric.WithAttributes(attribute.Int64("index", i))
			work.Add(ctx, float64(i)*0.5+float64(round), index)
			balance.Add(ctx, round-i, index)
			temperature.Record(ctx, float64(i)*1.5-20.25+float64(round), index)
		}
		for i := 0; i < 30; i++ {
			latency.Record(ctx, float64(i)*0.75, metric.WithAttributes(attribute.String("kind", "k"+strconv.Itoa(i%3))))
			exponential.Record(ctx, float64(5+4*i)/16, metric.WithAttributes(attribute.String("kind", "k"+strconv.Itoa(i%2))))
		}
	}
}

func main() {
	ctx := context.Background()
	a := os.Args[1:]
	reference = exporter(ctx, "http/protobuf", "none", a[2], strings.TrimSuffix(a[5], "/v1/metrics"), "-")
	reader := sdk.NewPeriodicReader(tee{exporter(ctx, a[0], a[1], a[2], a[3], a[4])}, sdk.WithInterval(time.Hour))
	view := sdk.NewView(sdk.Instrument{Name: "exponential"},
		sdk.Stream{Aggregation: sdk.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}})
	provider := sdk.NewMeterProvider(sdk.WithReader(reader), sdk.WithView(view), sdk.WithResource(resource.NewSchemaless(
		attribute.String("service.name", "sdk"), attribute.Int("answer", 42), attribute.Float64("ratio", 0.5),
		attribute.Bool("flag", true), attribute.StringSlice("names", []string{"a", "b"}),
		attribute.String("text", "käse ✓ 日本 😀"))))
	one := provider.Meter("told.one", metric.WithInstrumentationVersion("1.2"), metric.WithSchemaURL("https://example.com/schema"))
	two := provider.Meter("told.two")
	observe(two)
	record := recorder(ctx, one, two)
	for round = 1; round <= 3; round++ {
		record()
		check(provider.ForceFlush(ctx))
	}
	round = 3
	check(provider.Shutdown(ctx))
}
