#include "config/settings.hpp"

#include "net/upstream_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <vector>

namespace tandem {

namespace {

// One setting: how it is read and shown. A number has its bounds.
struct setting {
  std::string_view name;
  std::string_view meaning;
  std::function<void(settings&, std::string_view)> assign;  // throws settings_error with the why
  std::function<std::string(const settings&)> show;
};

constexpr const char* rate_form = "must be like 60/min burst 20, 5/s burst 100, or off";

template <class Integer>
setting number(std::string_view name, Integer& (*field)(settings&), std::uint64_t min,
               std::uint64_t max, std::string_view meaning) {
  const auto assign = [=](settings& all, std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size() || value < min || value > max)
      throw settings_error{fmt::format("must be a whole number from {} to {}", min, max)};
    field(all) = static_cast<Integer>(value);
  };
  const auto show = [=](const settings& all) {
    return std::to_string(field(const_cast<settings&>(all)));
  };
  return {name, meaning, assign, show};
}

setting text(std::string_view name, std::string& (*field)(settings&), std::string_view meaning) {
  return {name, meaning,
          [=](settings& all, std::string_view value) { field(all) = value; },
          [=](const settings& all) { return field(const_cast<settings&>(all)); }};
}

void assign_origins(settings& all, std::string_view list) {
  std::vector<std::string> origins;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view one = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    while (one.starts_with(' '))
      one.remove_prefix(1);
    while (one.ends_with(' '))
      one.remove_suffix(1);
    const bool has_scheme = one.starts_with("http://") || one.starts_with("https://");
    if (!has_scheme || one.find('/', one.find("//") + 2) != std::string_view::npos)
      throw settings_error{"must be origins like https://example.org, separated by commas"};
    origins.emplace_back(one);
  }
  all.server.allowed_origins = std::move(origins);
}

std::string show_origins(const settings& all) {
  return fmt::format("{}", fmt::join(all.server.allowed_origins, ", "));
}

std::uint64_t digits_of(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || value > 1'000'000'000'000)
    throw settings_error{rate_form};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

rate parse_rate(std::string_view text) {
  if (text == "off")
    return {};
  rate parsed;
  parsed.per_minute = digits_of(text);
  if (text.starts_with("/s ")) {
    parsed.per_minute *= 60;
    text.remove_prefix(3);
  } else if (text.starts_with("/min ")) {
    text.remove_prefix(5);
  } else {
    throw settings_error{rate_form};
  }
  constexpr std::string_view burst = "burst ";
  if (!text.starts_with(burst))
    throw settings_error{rate_form};
  text.remove_prefix(burst.size());
  parsed.burst = digits_of(text);
  if (!text.empty() || parsed.per_minute == 0 || parsed.burst == 0)
    throw settings_error{rate_form};
  return parsed;
}

setting rate_limit(std::string_view name, rate& (*field)(settings&), std::string_view meaning) {
  return {name, meaning,
          [=](settings& all, std::string_view value) { field(all) = parse_rate(value); },
          [=](const settings& all) {
            const rate& now = field(const_cast<settings&>(all));
            return now.per_minute == 0
                     ? std::string{"off"}
                     : fmt::format("{}/min burst {}", now.per_minute, now.burst);
          }};
}

setting flag(std::string_view name, bool& (*field)(settings&), std::string_view meaning) {
  return {name, meaning,
          [=](settings& all, std::string_view value) {
            if (value != "yes" && value != "no")
              throw settings_error{"must be yes or no"};
            field(all) = value == "yes";
          },
          [=](const settings& all) {
            return std::string{field(const_cast<settings&>(all)) ? "yes" : "no"};
          }};
}

// A secret stays out of files that others read, and of the command line: it may
// be in a file of its own.
setting secret_file(std::string_view name, std::string& (*field)(settings&),
                    std::string_view meaning) {
  return {name, meaning,
          [=](settings& all, std::string_view path) {
            field(all).clear();
            if (path.empty())
              return;
            std::ifstream in{std::string{path}};
            std::string line;
            if (!std::getline(in, line))
              throw settings_error{"cannot read a secret from there"};
            field(all) = line;
          },
          [](const settings&) { return std::string{}; }};
}

// One of some words.
template <class Enum>
setting choice(std::string_view name, Enum& (*field)(settings&),
               std::vector<std::pair<std::string_view, Enum>> words, std::string_view meaning) {
  const auto assign = [=](settings& all, std::string_view text) {
    const auto found = std::ranges::find(words, text, [](const auto& one) { return one.first; });
    if (found == words.end()) {
      std::vector<std::string_view> known;
      for (const auto& one : words)
        known.push_back(one.first);
      throw settings_error{fmt::format("must be one of {}", fmt::join(known, ", "))};
    }
    field(all) = found->second;
  };
  const auto show = [=](const settings& all) {
    const Enum now = field(const_cast<settings&>(all));
    return std::string{
      std::ranges::find(words, now, [](const auto& one) { return one.second; })->first};
  };
  return {name, meaning, assign, show};
}

// Throws settings_error, which does not show it.
net::model_key key_from(std::string_view text) {
  constexpr std::size_t bytes_max = 4'096;
  const bool is_visible =
    std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
  if (!is_visible || text.size() > bytes_max)
    throw settings_error{"a key is at most 4,096 visible ASCII characters, without spaces"};
  return net::model_key{std::string{text}};
}

setting key_file_setting() {
  return {"ai_key_file", "a file with the model's key; or the environment has it as TANDEM_AI_KEY",
          [](settings& all, std::string_view path) {
            all.ai.key = {};
            if (path.empty())
              return;
            std::ifstream in{std::string{path}};
            std::string line;
            if (!std::getline(in, line))
              throw settings_error{"cannot read a key from there"};
            while (line.ends_with('\r') || line.ends_with(' '))
              line.pop_back();
            all.ai.key = key_from(line);
          },
          [](const settings&) { return std::string{}; }};
}

#define FIELD(path) +[](settings& all) -> auto& { return all.path; }

setting mode_setting() {
  return {"mode",
          "open: no accounts, whoever knows a room's link may do everything in it; or accounts."
          " Unsaid: open, on loopback only",
          [](settings& all, std::string_view value) {
            if (value != "open" && value != "accounts")
              throw settings_error{"must be open or accounts"};
            all.mode = value == "open" ? access_mode::open : access_mode::accounts;
          },
          [](const settings& all) {
            return std::string{all.mode == access_mode::accounts ? "accounts" : "open"};
          }};
}

setting sign_up_setting() {
  return {"sign_up",
          "who may make an account: open (everybody), invited, or closed (nobody)",
          [](settings& all, std::string_view value) {
            using net::sign_up_mode;
            if (value != "open" && value != "invited" && value != "closed")
              throw settings_error{"must be open, invited or closed"};
            all.accounts.sign_up = value == "open"      ? sign_up_mode::open
                                   : value == "invited" ? sign_up_mode::invited
                                                        : sign_up_mode::closed;
          },
          [](const settings& all) {
            constexpr const char* names[] = {"open", "invited", "closed"};
            return std::string{names[static_cast<int>(all.accounts.sign_up)]};
          }};
}

const std::vector<setting>& all_settings() {
  constexpr std::uint64_t million = 1'000'000;
  constexpr std::uint64_t day_ms = 86'400'000;
  constexpr std::uint64_t gib = std::uint64_t{1} << 30U;
  static const std::vector<setting> list{
    text("listen", FIELD(listen), "address and port; port 0 takes any free one"),
    text("store", FIELD(store), "sqlite:PATH, postgresql://USER@HOST/DATABASE, or memory: to keep nothing"),
    flag("store_is_walled", FIELD(must_store_be_walled),
         "no: serve accounts also as a role of PostgreSQL's that passes row-level security"),
    text("public_url", FIELD(server.public_url),
         "what links begin with, if not http://ADDRESS:PORT; no trailing slash"),
    mode_setting(),
    sign_up_setting(),
    number("session_hours", FIELD(accounts.session_hours), 1, 24 * 366,
           "that somebody stays signed in"),
    number("password_threads", FIELD(accounts.password_threads), 1, 16,
           "that check passwords, each with 19 MiB"),
    number("password_queue_max", FIELD(accounts.password_queue_max), 1, 10'000,
           "passwords that wait to be checked; more are rate_limited"),
    number("audit_days", FIELD(accounts.audit_days), 1, 3660,
           "that the audit log is kept"),
    number("tokens_per_account", FIELD(accounts.tokens_per_account), 1, 10'000,
           "for programs; more are too_large"),
    number("invites_per_room", FIELD(accounts.invites_per_room), 1, 10'000,
           "that have not ended, also of a tenant to sign up; more are too_large"),
    text("oidc_issuer", FIELD(accounts.company.issuer),
         "the company's OpenID Connect provider, as it calls itself; empty: none"),
    text("oidc_client_id", FIELD(accounts.company.client_id), "what the provider knows tandem as"),
    secret_file("oidc_client_secret_file", FIELD(accounts.company.client_secret),
                "a file with the secret that the provider gave tandem"),
    text("oidc_name", FIELD(accounts.company.name), "of that sign-in, on its button"),
    text("oidc_tenant", FIELD(accounts.company.tenant), "whose members its people become"),
    flag("oidc_makes_accounts", FIELD(accounts.company.makes_accounts),
         "yes: whoever the provider knows gets an account; no: only who came from there before"),
    text("tls_certificate", FIELD(server.tls_certificate),
         "a file (PEM) with the certificate and those above it; empty: no TLS here"),
    text("tls_key", FIELD(server.tls_key), "the file (PEM) with its key"),
    text("trusted_proxies", FIELD(server.trusted_proxies),
         "addresses and networks of proxies whose X-Forwarded-For is believed; separated by commas"),
    {"allowed_origins",
     "origins of pages that may connect, besides the server's own; separated by commas",
     assign_origins, show_origins},
    text("web_root", FIELD(server.web_root), "the folder of the built web client"),
    number("io_threads", FIELD(server.io_threads), 1, 64, "threads for sockets"),
    number("actor_threads", FIELD(actor_threads), 0, 64,
           "threads for rooms and sessions; 0: half of the cores"),

    number("connections_max", FIELD(server.connections_max), 1, million,
           "WebSockets; more are closed with 4429"),
    number("connections_per_address_max", FIELD(server.connections_per_address_max), 1, million,
           "WebSockets from one address; more are closed with 4429"),
    number("http_connections_max", FIELD(server.http_connections_max), 1, million,
           "connections that are no WebSocket, or not yet; more are closed"),
    number("http_connections_per_address_max", FIELD(server.http_connections_per_address_max), 1,
           million, "of them from one address, but for those in trusted_proxies"),
    number("request_body_bytes", FIELD(server.request_body_bytes), 1024, gib,
           "of an HTTP request; more is 413"),
    number("request_bodies_bytes_max", FIELD(server.request_bodies_bytes_max), 1024, 64 * gib,
           "of all requests of more than 64 KiB that are being dealt with; more is 503"),
    number("request_bodies_per_address_bytes_max",
           FIELD(server.request_bodies_per_address_bytes_max), 1024, 64 * gib,
           "of them from one address, but for those in trusted_proxies"),
    number("request_header_bytes", FIELD(server.request_header_bytes), 512, million,
           "of an HTTP request; more is 431"),
    number("request_timeout_ms", FIELD(server.request_timeout_ms), 100, day_ms,
           "for an HTTP request to arrive, and for its answer to leave"),
    number("hello_timeout_ms", FIELD(server.hello_timeout_ms), 100, day_ms,
           "from a WebSocket's start to its hello; then it is closed with 4408"),
    number("idle_timeout_ms", FIELD(server.idle_timeout_ms), 200, day_ms,
           "of a WebSocket's silence, pings unanswered; then it is dropped"),
    number("write_timeout_ms", FIELD(server.write_timeout_ms), 100, day_ms,
           "for a peer that takes nothing; then it is dropped"),
    number("close_timeout_ms", FIELD(server.close_timeout_ms), 100, 60'000,
           "for a peer to answer a close"),

    rate_limit("requests_per_account", FIELD(rates.requests_per_account),
               "HTTP requests of whoever is signed in; more are 429"),
    rate_limit("requests_per_address", FIELD(rates.requests_per_address),
               "HTTP requests of guests"),
    rate_limit("joins_per_account", FIELD(rates.joins_per_account),
               "WebSockets that come into rooms; more are closed with 4429"),
    rate_limit("joins_per_address", FIELD(rates.joins_per_address), "the same, of guests"),
    rate_limit("edits_per_account", FIELD(rates.edits_per_account),
               "edits of all of an account's sessions; more are rate_limited"),
    rate_limit("edits_per_address", FIELD(rates.edits_per_address), "the same, of guests"),
    rate_limit("edit_bytes_per_account", FIELD(rates.edit_bytes_per_account),
               "bytes that they insert"),
    rate_limit("edit_bytes_per_address", FIELD(rates.edit_bytes_per_address),
               "the same, of guests"),
    rate_limit("chats_per_account", FIELD(rates.chats_per_account), "chat messages"),
    rate_limit("chats_per_address", FIELD(rates.chats_per_address), "the same, of guests"),
    rate_limit("asks_per_account", FIELD(rates.asks_per_account),
               "questions to the AI, completions among them; more are rate_limited"),
    rate_limit("asks_per_address", FIELD(rates.asks_per_address), "the same, of guests"),
    rate_limit("sign_ins_per_address", FIELD(server.sign_ins_per_address),
               "tries to sign in or up; more are 429"),
    rate_limit("sign_ins_per_account", FIELD(server.sign_ins_per_account),
               "tries of one account, but each address's first in a minute"),

    number("frame_bytes", FIELD(bounds.frame_bytes), 1024, gib,
           "of a WebSocket message; larger ones are closed with 4413"),
    number("op_chars", FIELD(bounds.op_chars), 1, 100 * million,
           "that one operation may insert; more is too_large"),
    number("op_components", FIELD(bounds.op_components), 1, million,
           "of one operation; more is bad_op"),
    number("chat_chars", FIELD(bounds.chat_chars), 1, million, "of a chat message"),
    number("name_chars", FIELD(bounds.name_chars), 1, 1000,
           "of a person's or room's name; a person's is cut there"),
    number("file_name_chars", FIELD(bounds.file_name_chars), 1, 4096, "of a file's path"),
    number("cursor_ranges", FIELD(bounds.cursor_ranges), 1, 10'000, "selections of one person"),
    number("text_chars", FIELD(bounds.text_chars), 1, 500 * million,
           "of a file; an edit beyond is too_large"),
    number("files_per_room", FIELD(bounds.files_per_room), 1, 100'000, "more are too_large"),
    number("room_bytes", FIELD(bounds.room_bytes), 1024, 64 * gib,
           "of all texts of a room; an edit beyond is too_large"),
    number("rooms_per_tenant", FIELD(bounds.rooms_per_tenant), 1, 100 * million,
           "more are too_large"),
    number("members_per_room", FIELD(bounds.members_per_room), 1, million,
           "more are closed with 1013"),
    number("chat_kept", FIELD(bounds.chat_kept), 1, 10'000, "messages sent to who joins"),
    number("rooms_loaded", FIELD(bounds.rooms_loaded), 1, 10 * million,
           "at once; more are closed with 1013"),
    number("ops_per_second", FIELD(bounds.ops_per_second), 1, million,
           "edits of one session; more are rate_limited"),
    number("ops_burst", FIELD(bounds.ops_burst), 1, million, "edits it may save up"),
    number("edit_bytes_per_second", FIELD(bounds.edit_bytes_per_second), 1024, gib,
           "that one session inserts; more are rate_limited"),
    number("edit_bytes_burst", FIELD(bounds.edit_bytes_burst), 1024, 64 * gib,
           "bytes it may save up"),
    number("chats_per_minute", FIELD(bounds.chats_per_minute), 1, million,
           "chat messages of one session; more are rate_limited"),
    number("chats_burst", FIELD(bounds.chats_burst), 1, million, "chat messages it may save up"),
    number("asks_per_minute", FIELD(bounds.asks_per_minute), 1, million,
           "questions to the AI of one session; more are rate_limited"),
    number("asks_burst", FIELD(bounds.asks_burst), 1, million, "questions it may save up"),
    number("messages_per_second", FIELD(bounds.messages_per_second), 1, million,
           "of one session, besides edits; more are rate_limited"),
    number("messages_burst", FIELD(bounds.messages_burst), 1, million,
           "messages it may save up"),
    number("outbound_pause_bytes", FIELD(bounds.outbound_pause_bytes), 1024, gib,
           "unread by a client, from which it gets no operations until it has read"),
    number("outbound_bytes", FIELD(bounds.outbound_bytes), 4096, gib,
           "unread by a client, from which it is closed with 1013"),
    number("slice_ops", FIELD(bounds.slice_ops), 1, 100'000,
           "operations of one step of catching up"),
    number("catch_up_ops", FIELD(bounds.catch_up_ops), 1, 100 * million,
           "behind which a client without a pending edit is sent the text anew"),
    number("history_ops", FIELD(bounds.history_ops), 1, 10 * million,
           "operations of a file that are kept in memory"),
    number("fanout_us_per_member", FIELD(bounds.fanout_us_per_member), 0, 10'000,
           "microseconds between two broadcasts of a room, for each of its members"),
    number("fanout_interval_max_us", FIELD(bounds.fanout_interval_max_us), 0, million,
           "microseconds, the most of that"),
    number("snapshot_ops", FIELD(bounds.snapshot_ops), 1, 100 * million,
           "operations after which a snapshot is due, if they are large enough"),
    number("snapshot_overdue_ops", FIELD(bounds.snapshot_overdue_ops), 1, 100 * million,
           "operations after which it is due in any case"),
    number("check_ops", FIELD(bounds.check_ops), 1, 100 * million,
           "operations between two checks of the clients' texts"),
    number("check_interval_ms", FIELD(bounds.check_interval_ms), 0, day_ms,
           "the least time between two such checks"),
    number("room_wait_ms", FIELD(bounds.room_wait_ms), 100, 600'000,
           "that a connection waits while no node of the cluster has its room"),
    choice<net::model_provider>("ai_provider", FIELD(ai.provider),
           {{"off", net::model_provider::off},
            {"local", net::model_provider::local},
            {"openai", net::model_provider::openai}},
           "off; local: completion from a room's own files, in this server; openai: also a server that"
           " speaks the OpenAI API"),
    choice<net::room_ai>("ai_room_default", FIELD(ai.room_default),
           {{"off", net::room_ai::off}, {"local", net::room_ai::local}, {"on", net::room_ai::on}},
           "what a new room may: off, local, or on (parts of its files go to the model)"),
    text("ai_url", FIELD(ai.url),
         "of the model's server, up to what comes before /chat/completions; a query is kept"),
    text("ai_model", FIELD(ai.model), "the model that is talked to"),
    text("ai_completion_url", FIELD(ai.completion_url), "for completions, if not ai_url"),
    text("ai_completion_model", FIELD(ai.completion_model), "for completions, if not ai_model"),
    choice<net::completion_style>("ai_completion_style", FIELD(ai.style),
           {{"chat", net::completion_style::chat},
            {"suffix", net::completion_style::suffix},
            {"mistral", net::completion_style::mistral},
            {"llama", net::completion_style::llama},
            {"starcoder", net::completion_style::starcoder},
            {"codellama", net::completion_style::codellama},
            {"deepseek", net::completion_style::deepseek},
            {"qwen", net::completion_style::qwen},
            {"codegemma", net::completion_style::codegemma},
            {"granite", net::completion_style::granite},
            {"codestral", net::completion_style::codestral}},
           "how completions are asked for: see docs/ai.md"),
    key_file_setting(),
    choice<net::key_header>("ai_key_header", FIELD(ai.shown_as),
           {{"bearer", net::key_header::bearer}, {"azure", net::key_header::azure}},
           "bearer: Authorization: Bearer KEY; azure: api-key: KEY"),
    text("ai_authority", FIELD(ai.authority),
         "a file (PEM) with who signs the model server's certificate; empty: the system's"),
    number("ai_connect_timeout_ms", FIELD(ai.connect_timeout_ms), 50, 60'000,
           "to be connected to the model's server, name and TLS included"),
    number("ai_silence_timeout_ms", FIELD(ai.silence_timeout_ms), 50, 600'000,
           "before the first byte of its answer, and between two"),
    number("ai_completion_timeout_ms", FIELD(ai.completion_timeout_ms), 50, 600'000,
           "for a completion, tries included"),
    number("ai_chat_timeout_ms", FIELD(ai.chat_timeout_ms), 50, 3'600'000,
           "for a whole answer, tries included"),
    number("ai_retries", FIELD(ai.retries), 0, 10, "after a failure that may pass"),
    number("ai_requests_at_once", FIELD(ai.requests_at_once), 1, 10'000,
           "to the model; more are rate_limited"),
    number("ai_answer_bytes", FIELD(ai.answer_bytes), 1024, 16 * million,
           "of an answer's text; a longer one is a failure"),
    number("ai_context_tokens", FIELD(ai.context_tokens), 128, million,
           "of a room's files that go out with a question, at four bytes a token"),
    text("cluster_listen", FIELD(cluster_listen),
         "address and port for the other nodes of a cluster; empty: this is the only server"),
    text("cluster_advertise", FIELD(cluster.advertised),
         "HOST:PORT that they dial; empty: where this one listens"),
    text("node_name", FIELD(cluster.name), "of this node, no other's"),
    text("cluster_certificate", FIELD(cluster.certificate),
         "a file (PEM) that this node shows the others; empty: no TLS between them"),
    text("cluster_key", FIELD(cluster.key), "the file (PEM) with its key"),
    text("cluster_authority", FIELD(cluster.authority),
         "the certificate (PEM) that signed those of all nodes, and nothing else"),
    flag("cluster_network_is_private", FIELD(is_cluster_network_private),
         "yes: nobody but nodes can reach cluster_listen, so that it needs no TLS"),
    number("lease_ms", FIELD(cluster.lease_ms), 500, 600'000,
           "a node that is silent for so long has lost its rooms; the same on all nodes"),
    number("beat_ms", FIELD(cluster.beat_ms), 50, 60'000,
           "between a node's signs of life; the same on all nodes"),
    number("room_idle_ms", FIELD(bounds.room_idle_ms), 1, day_ms,
           "after which an empty room leaves the memory"),
    number("store_retry_ms", FIELD(bounds.store_retry_ms), 1, 60'000,
           "between two attempts at a store that failed"),
  };
  return list;
}

#undef FIELD

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

}  // namespace

void set_setting(settings& all, std::string_view name, std::string_view value,
                 std::string_view where) {
  const auto found = std::ranges::find(all_settings(), name, &setting::name);
  if (found == all_settings().end())
    throw settings_error{fmt::format("{}: there is no setting \"{}\"", where, name)};
  try {
    found->assign(all, value);
  } catch (const settings_error& error) {
    throw settings_error{fmt::format("{}: {} = \"{}\": {}", where, name, value, error.what())};
  }
}

void read_settings_file(settings& all, const std::string& path) {
  std::ifstream in{path};
  std::string text;
  try {
    text.assign(std::istreambuf_iterator<char>{in}, {});
  } catch (const std::ios_base::failure&) {  // a folder can be opened, but not read
    in.setstate(std::ios_base::failbit);
  }
  if (!in)
    throw settings_error{fmt::format("cannot read {}", path)};
  read_settings_text(all, text, path);
}

void read_settings_text(settings& all, std::string_view text, std::string_view path) {
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty())
      continue;
    const std::string where = fmt::format("{}:{}", path, number);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos)
      throw settings_error{fmt::format("{}: a line is `name = value`", where)};
    set_setting(all, trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)), where);
  }
}

void read_settings_environment(settings& all,
                               const std::map<std::string, std::string>& environment) {
  constexpr std::string_view prefix = "TANDEM_";
  constexpr std::string_view of_tests = "TANDEM_TEST_";
  constexpr std::string_view key_variable = "TANDEM_AI_KEY";
  for (const auto& [variable, value] : environment) {
    if (!variable.starts_with(prefix) || variable.starts_with(of_tests) || variable == key_variable)
      continue;
    std::string name = variable.substr(prefix.size());
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    set_setting(all, name, value, "environment variable " + variable);
  }
  const auto key = environment.find(std::string{key_variable});
  if (key == environment.end() || key->second.empty())
    return;
  try {
    all.ai.key = key_from(key->second);
  } catch (const settings_error& error) {
    throw settings_error{fmt::format("environment variable {}: {}", key_variable, error.what())};
  }
}

namespace {

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1";
}

// The setting by which others than this machine reach the server; empty: none.
std::string way_in(const settings& all) {
  if (!is_loopback(all.server.address))
    return fmt::format("listen = \"{}\"", all.listen);
  if (!all.server.trusted_proxies.empty())
    return fmt::format("trusted_proxies = \"{}\"", all.server.trusted_proxies);
  const auto shown = net::parse_upstream_url(all.server.public_url);
  if (shown && !is_loopback(shown->host) && shown->host != "localhost")
    return fmt::format("public_url = \"{}\"", all.server.public_url);
  return {};
}

// As a browser says it in `Origin`, with which it is compared.
bool is_origin(const std::string& text) {
  const auto url = net::parse_upstream_url(text);
  const bool has_capitals = std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
  return url && !has_capitals && !url->port.starts_with('0')
         && text == (url->is_tls ? "https://" : "http://") + url->authority();
}

bool is_safe_issuer(std::string_view issuer) {
  return issuer.empty() || issuer.starts_with("https://") || issuer.starts_with("http://127.0.0.1:")
         || issuer.starts_with("http://localhost:");
}

}  // namespace

namespace {

struct endpoint {
  std::string address;
  std::uint16_t port = 0;
};

endpoint endpoint_of(std::string_view name, const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const std::string_view digits =
    std::string_view{text}.substr(colon == std::string::npos ? text.size() : colon + 1);
  const char* end = digits.data() + digits.size();
  std::uint32_t port = 0;
  const auto result = std::from_chars(digits.data(), end, port);
  if (result.ec != std::errc{} || result.ptr != end || port > std::numeric_limits<std::uint16_t>::max())
    throw settings_error{fmt::format("{} = \"{}\": must be ADDRESS:PORT", name, text)};
  endpoint found{text.substr(0, colon), static_cast<std::uint16_t>(port)};
  if (found.address.starts_with('[') && found.address.ends_with(']'))
    found.address = found.address.substr(1, found.address.size() - 2);
  if (found.address == "localhost")
    found.address = "127.0.0.1";
  return found;
}

void finish_cluster(settings& all) {
  cluster_settings& cluster = all.cluster;
  if (all.cluster_listen.empty()) {
    if (!cluster.name.empty())
      throw settings_error{"node_name goes with cluster_listen"};
    return;
  }
  const endpoint at = endpoint_of("cluster_listen", all.cluster_listen);
  cluster.host = at.address;
  cluster.port = at.port;
  if (!all.store.starts_with("postgres"))
    throw settings_error{"cluster_listen takes a store that nodes can share: postgresql://…"};
  if (cluster.name.empty())
    throw settings_error{"cluster_listen takes a node_name"};
  const bool has_tls = !cluster.certificate.empty();
  if (has_tls == cluster.key.empty() || has_tls == cluster.authority.empty())
    throw settings_error{"cluster_certificate, cluster_key and cluster_authority go together"};
  if (!has_tls && !is_loopback(at.address) && !all.is_cluster_network_private)
    throw settings_error{fmt::format(
      "cluster_listen = \"{}\": others than this machine can reach that, and whoever can rules the"
      " rooms. Set cluster_certificate, cluster_key and cluster_authority; or"
      " cluster_network_is_private = yes, if no one but nodes can",
      all.cluster_listen)};
  if (cluster.advertised.empty() && (at.address == "0.0.0.0" || at.address == "::"))
    throw settings_error{"cluster_listen on all addresses takes a cluster_advertise: the one that"
                         " other nodes dial"};
  if (cluster.beat_ms * 3 > cluster.lease_ms)
    throw settings_error{"lease_ms must be at least three times beat_ms"};
}

void check_model_url(std::string_view name, const std::string& url) {
  if (!net::parse_upstream_url(url))
    throw settings_error{  // which is not shown: it could hold a password
      fmt::format("{} must be http(s)://HOST[:PORT][/PATH], without a name and password", name)};
}

void finish_model(net::model_settings& ai) {
  const bool has_model = ai.provider == net::model_provider::openai;
  if (has_model && (ai.url.empty() || ai.model.empty()))
    throw settings_error{"ai_provider = openai takes an ai_url and an ai_model"};
  if (!ai.url.empty())
    check_model_url("ai_url", ai.url);
  if (!ai.completion_url.empty())
    check_model_url("ai_completion_url", ai.completion_url);
  if (!has_model && ai.room_default == net::room_ai::on)
    throw settings_error{"ai_room_default = on takes ai_provider = openai"};
  if (ai.provider == net::model_provider::off)
    ai.room_default = net::room_ai::off;
}

// What is wrong with showing a key to that address; empty: nothing.
std::string key_warning(std::string_view name, const std::string& url) {
  const auto address = net::parse_upstream_url(url);
  if (!address || address->is_tls || net::is_private_host(address->host))
    return {};
  return fmt::format("{} is http: the model's key and people's texts go to {} for everybody on the"
                     " way to read",
                     name, address->authority());
}

void warn_of_model(const net::model_settings& ai, std::vector<std::string>& warnings) {
  if (ai.provider != net::model_provider::openai) {
    if (!ai.url.empty())
      warnings.push_back("ai_url is set, but ai_provider is not openai: no model is asked");
    return;
  }
  if (ai.key.is_empty())
    return;
  for (const std::string& warning :
       {key_warning("ai_url", ai.url), key_warning("ai_completion_url", ai.completion_url)})
    if (!warning.empty())
      warnings.push_back(warning);
}

}  // namespace

void finish_settings(settings& all) {
  const endpoint at = endpoint_of("listen", all.listen);
  all.server.address = at.address;
  all.server.port = at.port;
  finish_cluster(all);
  finish_model(all.ai);
  if (all.bounds.outbound_pause_bytes >= all.bounds.outbound_bytes)
    throw settings_error{"outbound_pause_bytes must be less than outbound_bytes"};
  if (all.server.tls_certificate.empty() != all.server.tls_key.empty())
    throw settings_error{"tls_certificate and tls_key go together"};
  if (!all.accounts.company.issuer.empty()
      && (all.mode != access_mode::accounts || all.accounts.company.client_id.empty()))
    throw settings_error{"oidc_issuer takes mode = accounts and an oidc_client_id"};
  if (!all.accounts.company.issuer.empty() && !all.cluster_listen.empty()
      && all.accounts.company.client_secret.empty())
    throw settings_error{"oidc_issuer in a cluster takes an oidc_client_secret_file: a browser may"
                         " come back to another node, which must know what the first has signed"};
  if (!is_safe_issuer(all.accounts.company.issuer))
    throw settings_error{"oidc_issuer must be https://…; http:// is for this machine only"};
  if (!all.server.public_url.empty() && !is_origin(all.server.public_url))
    throw settings_error{fmt::format(
      "public_url = \"{}\": must be as browsers write it, like https://code.example.org or"
      " http://localhost:8080: in small letters, without a path, a slash at its end, or the port"
      " that goes without saying",
      all.server.public_url)};
  if (const std::string way = way_in(all); !all.mode && !way.empty())
    throw settings_error{fmt::format(
      "{}: others than this machine can reach it. Say mode = accounts, so that they sign in; or"
      " mode = open, so that whoever knows a room's link may do everything in it",
      way)};
}

std::vector<std::string> warnings_of(const settings& all) {
  std::vector<std::string> warnings;
  const bool is_open = all.mode.value_or(access_mode::open) == access_mode::open;
  const bool is_local = is_loopback(all.server.address);
  if (is_open && !way_in(all).empty())
    warnings.push_back("mode = open, and others than this machine can reach it: whoever knows a"
                       " room's link may read, change and remove it");
  if (!is_open && !is_local && all.server.tls_certificate.empty()
      && all.server.trusted_proxies.empty())
    warnings.push_back("passwords come in without TLS: set tls_certificate and tls_key, or put a"
                       " proxy before it and name it in trusted_proxies");
  const bool is_https = all.server.public_url.empty()
                          ? !all.server.tls_certificate.empty()
                          : all.server.public_url.starts_with("https:");
  if (!is_open && !is_local && !is_https)
    warnings.push_back("public_url is not https: browsers are told that cookies may go without"
                       " TLS");
  if (all.server.public_url.empty()
      && (all.server.address == "0.0.0.0" || all.server.address == "::"))
    warnings.push_back("there is no public_url: links and invitations will say "
                       + all.server.address + ", which is nobody's address");
  warn_of_model(all.ai, warnings);
  return warnings;
}

std::string example_settings() {
  const settings defaults;
  std::string out =
    "# Settings of tandem, with their defaults. Every line can stay away.\n"
    "# The environment wins over this file: ops_per_second is TANDEM_OPS_PER_SECOND.\n";
  for (const setting& one : all_settings())
    out += fmt::format("\n# {}\n# {} = {}\n", one.meaning, one.name, one.show(defaults));
  return out;
}

}  // namespace tandem
