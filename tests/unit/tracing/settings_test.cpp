#include "tracing/settings.h"

#include <gtest/gtest.h>

#include <map>

namespace exporter::tracing {
namespace {

using Variables = std::map<std::string, std::string>;
using Problems = std::vector<SettingProblem>;

constexpr const char* kEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
constexpr const char* kPem = "-----BEGIN CERTIFICATE-----\n";

ReadSettings read(const Variables& variables) {
  return read_settings(
      [&](const std::string& name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
      },
      [](const std::string& path) -> Result<std::string> {
        if (path == "/good.pem") {
          return std::string(kPem);
        }
        return path == "/empty" ? Result<std::string>("") : fail(ErrorKind::invalid, "No such file or directory");
      },
      "1.2.3");
}

// With an endpoint that is good.
ReadSettings read_with(Variables variables) {
  variables.try_emplace(kEndpoint, "http://collector:4317");
  return read(variables);
}

std::string resource(const ReadSettings& from, const std::string& key) {
  for (const auto& [name, value] : from.settings->resource) {
    if (name == key) {
      return value;
    }
  }
  return "(none)";
}

TEST(TraceSettings, AreOffWithoutAnEndpoint) {
  for (const Variables& variables : {Variables{}, Variables{{kEndpoint, ""}}, Variables{{kEndpoint, "  "}},
                                     Variables{{"OTEL_TRACES_SAMPLER", "always_on"}}}) {
    const ReadSettings off = read(variables);
    EXPECT_FALSE(off.settings);
    EXPECT_EQ(off.problems, Problems{});
  }
}

TEST(TraceSettings, AreOffWhenSwitchedOff) {
  EXPECT_FALSE(read_with({{"OTEL_SDK_DISABLED", "True"}}).settings);
  EXPECT_FALSE(read_with({{"OTEL_TRACES_EXPORTER", "none"}}).settings);
  const ReadSettings bad = read_with({{"OTEL_SDK_DISABLED", "yes"}});
  EXPECT_TRUE(bad.settings);
  EXPECT_EQ(bad.problems, (Problems{{"OTEL_SDK_DISABLED", "is neither true nor false; false is used"}}));
}

TEST(TraceSettings, HaveTheDefaultsOfTheSpecification) {
  const ReadSettings plain = read_with({});
  ASSERT_TRUE(plain.settings);
  EXPECT_EQ(plain.problems, Problems{});
  EXPECT_EQ(plain.settings->sampler, "parentbased_always_on");
  EXPECT_EQ(plain.settings->ratio, 1);
  EXPECT_EQ(plain.settings->max_queue, 2048U);
  EXPECT_EQ(plain.settings->max_batch, 512U);
  EXPECT_EQ(plain.settings->delay, std::chrono::seconds(5));
  EXPECT_EQ(plain.settings->timeout, std::chrono::seconds(10));
  EXPECT_FALSE(plain.settings->gzip);
  EXPECT_EQ(resource(plain, "service.name"), "event-exporter");
  EXPECT_EQ(resource(plain, "service.version"), "1.2.3");
}

TEST(TraceSettings, ReadTheEndpointInAllItsForms) {
  struct Case {
    const char* given;
    const char* insecure;
    const char* address;
    bool tls;
  };
  for (const Case& each :
       {Case{"collector:4317", "true", "collector:4317", false}, Case{"collector:4317", "", "collector:4317", true},
        Case{"collector", "TRUE", "collector:4317", false},
        Case{"http://collector:9999", "false", "collector:9999", false},
        Case{"https://collector:4317/", "true", "collector:4317", true},
        Case{"HTTP://collector", "", "collector:4317", false}, Case{" http://127.0.0.1:1 ", "", "127.0.0.1:1", false},
        Case{"http://[::1]:4317", "", "[::1]:4317", false}, Case{"[::1]", "true", "[::1]:4317", false}}) {
    const ReadSettings got = read({{kEndpoint, each.given}, {"OTEL_EXPORTER_OTLP_INSECURE", each.insecure}});
    ASSERT_TRUE(got.settings) << each.given;
    EXPECT_EQ(got.problems, Problems{}) << each.given;
    EXPECT_EQ(got.settings->address, each.address);
    EXPECT_EQ(got.settings->tls, each.tls) << each.given;
  }
}

TEST(TraceSettings, AreOffWithAnEndpointThatIsNone) {
  for (const char* bad : {"http://", "unix:///run/collector", "http://collector:0", "http://collector:x",
                          "collector:", "http://[::1", ":4317", "http://a b:1", "collector:70000"}) {
    const ReadSettings got = read({{kEndpoint, bad}});
    EXPECT_FALSE(got.settings) << bad;
    ASSERT_EQ(got.problems.size(), 1U) << bad;
    EXPECT_TRUE(got.problems[0].text.ends_with("no traces are sent")) << got.problems[0].text;
  }
}

TEST(TraceSettings, NeverShowAPassword) {
  const ReadSettings got = read({{kEndpoint, "http://user:s3cret@collector:4317/v1/traces"}});
  ASSERT_TRUE(got.settings);
  EXPECT_EQ(got.settings->address, "collector:4317");
  EXPECT_EQ(got.problems.size(), 2U);
  for (const SettingProblem& problem : got.problems) {
    EXPECT_EQ(problem.text.find("s3cret"), std::string::npos);
  }
}

TEST(TraceSettings, PreferTheVariablesOfTraces) {
  const ReadSettings got = read_with({{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:1"},
                                      {"OTEL_EXPORTER_OTLP_TIMEOUT", "1000"},
                                      {"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "2000"},
                                      {"OTEL_EXPORTER_OTLP_HEADERS", "a=1,b=2"},
                                      {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "b=3"}});
  EXPECT_EQ(got.problems, Problems{});
  EXPECT_EQ(got.settings->address, "traces:1");
  EXPECT_EQ(got.settings->timeout, std::chrono::seconds(2));
  EXPECT_EQ(got.settings->headers, (std::vector<std::pair<std::string, std::string>>{{"a", "1"}, {"b", "3"}}));
}

TEST(TraceSettings, DecodeHeadersAndLeaveOutThoseThatCannotBeSent) {
  const ReadSettings got = read_with({{"OTEL_EXPORTER_OTLP_HEADERS",
                                       "Authorization=Bearer%20abc%3D, x-tenant = a ,bad name=s3cret,,no-value"
                                       ",x=%0a,y=%4,grpc-timeout=1,raw-bin=1"}});
  EXPECT_EQ(got.settings->headers,
            (std::vector<std::pair<std::string, std::string>>{{"authorization", "Bearer abc="}, {"x-tenant", "a"}}));
  ASSERT_EQ(got.problems.size(), 6U);
  EXPECT_EQ(got.problems[0].text,
            "has an entry that cannot be used, the 3. of KEY=VALUE with commas between; it is left out");
}

TEST(TraceSettings, ReadTheSampler) {
  struct Case {
    const char* name;
    const char* argument;
    double ratio;
  };
  for (const Case& each :
       {Case{"always_on", "", 1}, Case{"always_off", "", 0}, Case{"parentbased_always_off", "", 0},
        Case{"traceidratio", "0.25", 0.25}, Case{"parentbased_traceidratio", "0", 0}, Case{"traceidratio", "1", 1},
        Case{"traceidratio", "", 1}, Case{"TraceIdRatio", "1e-2", 0.01}}) {
    const ReadSettings got =
        read_with({{"OTEL_TRACES_SAMPLER", each.name}, {"OTEL_TRACES_SAMPLER_ARG", each.argument}});
    EXPECT_EQ(got.problems, Problems{}) << each.name;
    EXPECT_EQ(got.settings->ratio, each.ratio) << each.name;
  }
}

TEST(TraceSettings, SayWhatABadSamplerMeans) {
  const ReadSettings unknown = read_with({{"OTEL_TRACES_SAMPLER", "jaeger_remote"}});
  EXPECT_EQ(unknown.problems,
            (Problems{{"OTEL_TRACES_SAMPLER", "names a sampler that is not there; parentbased_always_on is used"}}));
  EXPECT_EQ(unknown.settings->ratio, 1);
  for (const char* bad : {"abc", "2", "-0.1", "nan", "inf", "0.5x"}) {
    const ReadSettings got = read_with({{"OTEL_TRACES_SAMPLER", "traceidratio"}, {"OTEL_TRACES_SAMPLER_ARG", bad}});
    EXPECT_EQ(got.problems, (Problems{{"OTEL_TRACES_SAMPLER_ARG", "is not a number from 0 to 1; 1 is used"}})) << bad;
    EXPECT_EQ(got.settings->ratio, 1) << bad;
  }
  EXPECT_EQ(read_with({{"OTEL_TRACES_SAMPLER_ARG", "0.5"}}).problems,
            (Problems{{"OTEL_TRACES_SAMPLER_ARG", "does nothing for the sampler parentbased_always_on"}}));
}

TEST(TraceSettings, ReadTheBatches) {
  const ReadSettings got = read_with({{"OTEL_BSP_MAX_QUEUE_SIZE", "100"},
                                      {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "50"},
                                      {"OTEL_BSP_SCHEDULE_DELAY", "250"},
                                      {"OTEL_BSP_EXPORT_TIMEOUT", "700"}});
  EXPECT_EQ(got.problems, Problems{});
  EXPECT_EQ(got.settings->max_queue, 100U);
  EXPECT_EQ(got.settings->max_batch, 50U);
  EXPECT_EQ(got.settings->delay, std::chrono::milliseconds(250));
  EXPECT_EQ(got.settings->timeout, std::chrono::milliseconds(700));
}

TEST(TraceSettings, SayWhatABadNumberMeans) {
  for (const char* bad : {"0", "-1", "x", "1.5", "99999999999999999999"}) {
    const ReadSettings got = read_with({{"OTEL_BSP_MAX_QUEUE_SIZE", bad}});
    EXPECT_EQ(got.problems,
              (Problems{{"OTEL_BSP_MAX_QUEUE_SIZE", "is not a whole number from 1 to 1000000; 2048 is used"}}));
    EXPECT_EQ(got.settings->max_queue, 2048U);
  }
  const ReadSettings batch = read_with({{"OTEL_BSP_MAX_QUEUE_SIZE", "10"}, {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "11"}});
  EXPECT_EQ(batch.problems, (Problems{{"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "is more than the queue holds; 10 is used"}}));
  EXPECT_EQ(batch.settings->max_batch, 10U);
  EXPECT_EQ(read_with({{"OTEL_BSP_MAX_QUEUE_SIZE", "10"}}).settings->max_batch, 10U);
}

TEST(TraceSettings, SayWhatIsNotThere) {
  const ReadSettings got = read_with({{"OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"},
                                      {"OTEL_TRACES_EXPORTER", "zipkin"},
                                      {"OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"},
                                      {"OTEL_EXPORTER_OTLP_INSECURE", "1"}});
  ASSERT_TRUE(got.settings);
  EXPECT_EQ(got.problems, (Problems{{"OTEL_EXPORTER_OTLP_INSECURE", "is neither true nor false; false is used"},
                                    {"OTEL_TRACES_EXPORTER", "names an exporter that is not there; otlp is used"},
                                    {"OTEL_EXPORTER_OTLP_PROTOCOL", "names a protocol that is not there; grpc is used"},
                                    {"OTEL_EXPORTER_OTLP_COMPRESSION", "is neither gzip nor none; none is used"}}));
}

TEST(TraceSettings, ReadCertificates) {
  const ReadSettings good = read_with({{"OTEL_EXPORTER_OTLP_CERTIFICATE", "/good.pem"},
                                       {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/good.pem"},
                                       {"OTEL_EXPORTER_OTLP_CLIENT_KEY", "/good.pem"}});
  EXPECT_EQ(good.problems, Problems{});
  EXPECT_EQ(good.settings->ca, kPem);
  EXPECT_EQ(good.settings->client_key, kPem);
  const ReadSettings bad = read_with({{"OTEL_EXPORTER_OTLP_CERTIFICATE", "/missing"},
                                      {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/empty"},
                                      {"OTEL_EXPORTER_OTLP_CLIENT_KEY", "/good.pem"}});
  EXPECT_EQ(bad.settings->ca, "");
  EXPECT_EQ(bad.settings->client_key, "");
  EXPECT_EQ(
      bad.problems,
      (Problems{
          {"OTEL_EXPORTER_OTLP_CERTIFICATE",
           "names a file that cannot be read: No such file or directory; "
           "the system's authorities are trusted"},
          {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "names a file that is not PEM; no client certificate is shown"},
          {"OTEL_EXPORTER_OTLP_CLIENT_KEY",
           "works only together with the other one of certificate and key; no client certificate is shown"}}));
}

TEST(TraceSettings, ReadTheResource) {
  const ReadSettings got = read_with({{"OTEL_RESOURCE_ATTRIBUTES", "k8s.pod.name=pod%2C1,service.name=other,broken"}});
  EXPECT_EQ(resource(got, "k8s.pod.name"), "pod,1");
  EXPECT_EQ(resource(got, "service.name"), "other");
  EXPECT_EQ(got.problems.size(), 1U);
  EXPECT_EQ(resource(read_with({{"OTEL_RESOURCE_ATTRIBUTES", "service.name=other"}, {"OTEL_SERVICE_NAME", "mine"}}),
                     "service.name"),
            "mine");
}

}  // namespace
}  // namespace exporter::tracing
