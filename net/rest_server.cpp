// The server itself: whether it lives, what it counts, how one comes in, and
// what else it answers to. The table is at the end.
#include "net/rest_routes.hpp"

#include "net/json_text.hpp"
#include "net/openapi.hpp"
#include "net/rest_answers.hpp"

#include <fmt/format.h>

#include <utility>

namespace tandem::net {

namespace {

void healthy(rest_context&, rest_call call) {
  call.answer(json_response(http::status::ok, "{\"status\":\"ok\"}"));
}

void ready(rest_context& rest, rest_call call) {
  rest.actors.read([answer = std::move(call.answer)](storage::reader& reader) {
    answered(reader, answer, [](storage::reader& from) {
      from.ping();
      return json_response(http::status::ok, "{\"status\":\"ready\"}");
    });
  });
}

std::string ai_metrics(const service::ai_counts& ai) {
  std::string out;
  const auto add = [&out](std::string_view kind, std::string_view name, std::uint64_t value) {
    out += fmt::format("# TYPE tandem_ai_{} {}\ntandem_ai_{} {}\n", name, kind, name, value);
  };
  out += "# TYPE tandem_ai_asked_total counter\n";
  const std::pair<std::string_view, std::uint64_t> asked[] = {{"complete", ai.completions},
                                                              {"refactor", ai.changes},
                                                              {"chat", ai.mentions},
                                                              {"text", ai.texts}};
  for (const auto& [kind, count] : asked)
    out += fmt::format("tandem_ai_asked_total{{kind=\"{}\"}} {}\n", kind, count);
  add("counter", "dropped_total", ai.dropped);
  add("counter", "cache_hits_total", ai.cache_hits);
  add("gauge", "companions", ai.companions);
  add("counter", "model_asked_total", ai.model.asked);
  add("counter", "model_answered_total", ai.model.answered);
  add("counter", "model_failed_total", ai.model.failed);
  add("counter", "model_cancelled_total", ai.model.cancelled);
  add("counter", "model_retried_total", ai.model.retried);
  add("counter", "model_ms_total", ai.model.upstream_ms);
  add("gauge", "model_under_way", ai.model.under_way);
  add("gauge", "model_resting", ai.model.is_resting ? 1 : 0);
  return out;
}

void metrics(rest_context& rest, rest_call call) {
  const service::counters now = rest.actors.count();
  const service::cluster_counts cluster = rest.actors.count_cluster();
  call.answer(make_response(http::status::ok, "text/plain; version=0.0.4; charset=utf-8",
                            fmt::format("# TYPE tandem_sessions gauge\ntandem_sessions {}\n"
                                        "# TYPE tandem_rooms_loaded gauge\n"
                                        "tandem_rooms_loaded {}\n"
                                        "# TYPE tandem_fenced_writes_total counter\n"
                                        "tandem_fenced_writes_total {}\n"
                                        "# TYPE tandem_nodes gauge\n"
                                        "tandem_nodes {}\n"
                                        "# TYPE tandem_node_links gauge\n"
                                        "tandem_node_links {}\n"
                                        "# TYPE tandem_relays gauge\n"
                                        "tandem_relays {}\n"
                                        "# TYPE tandem_node_bytes_sent_total counter\n"
                                        "tandem_node_bytes_sent_total {}\n"
                                        "# TYPE tandem_node_bytes_received_total counter\n"
                                        "tandem_node_bytes_received_total {}\n",
                                        now.sessions, now.rooms, cluster.fenced_writes,
                                        cluster.nodes, cluster.links, cluster.relays,
                                        cluster.bytes_sent, cluster.bytes_received)
                              + ai_metrics(rest.actors.count_ai())));
}

std::string_view name_of(sign_up_mode mode) noexcept {
  switch (mode) {
    case sign_up_mode::open: return "open";
    case sign_up_mode::invited: return "invited";
    case sign_up_mode::closed: return "closed";
  }
  return "";
}

void describe_server(rest_context& rest, rest_call call) {
  const bool is_open = rest.actors.mode() == access_mode::open;
  std::string out = "{";
  append_field(out, "mode", is_open ? "open" : "accounts");
  append_field(out, "sign_up", name_of(rest.accounts.sign_up));
  append_key(out, "provider");
  if (rest.company != nullptr)
    append_json_string(out, rest.accounts.company.name);
  else
    out += "null";
  call.answer(json_response(http::status::ok, out + "}"));
}

void openapi(rest_context& rest, rest_call call) {
  call.answer(json_response(http::status::ok, openapi_json(rest.public_url, rest.cookies.session)));
}

constexpr route routes[] = {
  {http::verb::get, "/server", need::nothing, false, "How one comes in", describe_server},
  {http::verb::get, "/healthz", need::nothing, false, "Whether the process lives", healthy},
  {http::verb::get, "/readyz", need::nothing, false, "Whether the store can be read", ready},
  {http::verb::get, "/metrics", need::nothing, false, "Counters, as Prometheus reads them",
   metrics},
  {http::verb::get, "/openapi.json", need::nothing, false, "This list", openapi},
};

}  // namespace

std::span<const route> server_routes() {
  return routes;
}

}  // namespace tandem::net
