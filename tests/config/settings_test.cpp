// Settings: where they come from, who wins, and what is refused.
#include "config/settings.hpp"

#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace tandem::test {
namespace {

settings from_text(std::string_view text) {
  settings all;
  read_settings_text(all, text, "test.conf");
  finish_settings(all);
  return all;
}

// Why a text is refused; empty if it is not.
std::string refusal(std::string_view text) {
  try {
    from_text(text);
    return {};
  } catch (const settings_error& error) {
    return error.what();
  }
}

TEST(settings, the_defaults_are_whole) {
  settings all;
  EXPECT_NO_THROW(finish_settings(all));
  EXPECT_EQ(all.server.address, "127.0.0.1");
  EXPECT_EQ(all.server.port, 8080);
  EXPECT_EQ(all.store, "sqlite:data/tandem.db");
}

TEST(settings, a_node_of_a_cluster_listens_where_it_may) {
  const std::string base = "store = postgresql://h/d\nnode_name = a\n";
  const std::string tls = "cluster_certificate = c\ncluster_key = k\ncluster_authority = a\n";
  EXPECT_EQ(refusal(base + "cluster_listen = 127.0.0.1:7000\n"), "");
  EXPECT_EQ(refusal(base + "cluster_listen = [::1]:7000\n"), "");
  EXPECT_EQ(refusal(base + tls + "cluster_listen = 10.0.0.1:7000\n"), "");
  EXPECT_EQ(refusal(base + "cluster_network_is_private = yes\ncluster_listen = 10.0.0.1:7000\n"), "");
  const struct {
    std::string text;
    const char* why;
  } table[] = {
    {base + "cluster_listen = 10.0.0.1:7000\n", "others than this machine can reach that"},
    {base + "cluster_listen = 127.0.0.1\n", "must be ADDRESS:PORT"},
    {base + tls + "cluster_listen = 0.0.0.0:7000\n", "cluster_advertise"},
    {base + "cluster_certificate = c\ncluster_listen = 127.0.0.1:7000\n", "go together"},
    {base + "cluster_listen = 127.0.0.1:7000\nmode = accounts\noidc_client_id = x\n"
       + "oidc_issuer = https://id.example.org\n",
     "oidc_client_secret_file"},
    {"node_name = a\ncluster_listen = 127.0.0.1:7000\n", "postgresql"},
    {"store = postgresql://h/d\ncluster_listen = 127.0.0.1:7000\n", "node_name"},
    {"node_name = a\n", "cluster_listen"},
    {base + "cluster_listen = 127.0.0.1:7000\nlease_ms = 1000\n", "three times beat_ms"},
  };
  for (const auto& row : table)
    EXPECT_NE(refusal(row.text).find(row.why), std::string::npos) << row.text << refusal(row.text);
}

TEST(settings, a_file_has_names_values_and_comments) {
  const settings all = from_text(
    "# a comment\n"
    "\n"
    "  ops_per_second=7   # behind a value\r\n"
    "\tstore = sqlite:/a b/c.db \n"
    "allowed_origins = https://a.example.org, http://b.example.org:81\n"
    "web_root =\n"
    "ops_burst = 9");
  EXPECT_EQ(all.bounds.ops_per_second, 7U);
  EXPECT_EQ(all.store, "sqlite:/a b/c.db");
  EXPECT_EQ(all.server.allowed_origins,
            (std::vector<std::string>{"https://a.example.org", "http://b.example.org:81"}));
  EXPECT_EQ(all.server.web_root, "");
  EXPECT_EQ(all.bounds.ops_burst, 9U);
}

TEST(settings, an_error_says_where_what_and_why) {
  EXPECT_EQ(refusal("\nnonsense = 1"), "test.conf:2: there is no setting \"nonsense\"");
  EXPECT_EQ(refusal("ops_per_second"), "test.conf:1: a line is `name = value`");
  EXPECT_EQ(refusal("ops_per_second = many"),
            "test.conf:1: ops_per_second = \"many\": must be a whole number from 1 to 1000000");
}

TEST(settings, numbers_must_be_whole_and_within_their_range) {
  for (const char* value : {"", "-1", "+1", "1.5", "1e3", "0x10", "1 0", "0", "1000001",
                            "18446744073709551616", "99999999999999999999", "é"})
    EXPECT_NE(refusal("ops_per_second = " + std::string{value}), "") << value;
  for (const char* value : {"1", "1000000", "007"})
    EXPECT_EQ(refusal("ops_per_second = " + std::string{value}), "") << value;
}

TEST(settings, numbers_do_not_wrap_in_small_fields) {
  EXPECT_NE(refusal("hello_timeout_ms = 4294967396"), "");
  EXPECT_NE(refusal("io_threads = 65"), "");
  EXPECT_NE(refusal("io_threads = 0"), "");
}

TEST(settings, a_name_is_exact) {
  for (const char* name : {"OPS_PER_SECOND", "ops-per-second", "ops_per_second_", "ops", ""})
    EXPECT_NE(refusal(std::string{name} + " = 5"), "") << name;
}

TEST(settings, origins_are_origins) {
  EXPECT_EQ(refusal("allowed_origins = "), "");
  for (const char* value : {"example.org", "https://a/b", "https://a/", "ftp://a", "https://a,",
                            "*", "null"}) {
    const bool good = std::string_view{value} == "https://a,";  // nothing behind the last comma
    EXPECT_EQ(refusal("allowed_origins = " + std::string{value}).empty(), good) << value;
  }
}

TEST(settings, listens_on_an_address_and_a_port) {
  const std::tuple<const char*, const char*, int> good[] = {
    {"127.0.0.1:8080", "127.0.0.1", 8080}, {"0.0.0.0:0", "0.0.0.0", 0},
    {"localhost:65535", "127.0.0.1", 65'535}, {"[::1]:80", "::1", 80}, {"[::]:80", "::", 80}};
  for (const auto& [listen, address, port] : good) {
    const settings all = from_text("mode = open\nlisten = " + std::string{listen});
    EXPECT_EQ(all.server.address, address) << listen;
    EXPECT_EQ(all.server.port, port) << listen;
  }
  for (const char* listen : {"", "127.0.0.1", "8080", "127.0.0.1:", "127.0.0.1:65536",
                             "127.0.0.1:-1", "127.0.0.1:80x", "127.0.0.1: 80",
                             "127.0.0.1:99999999999", "[::1]"})
    EXPECT_NE(refusal("listen = " + std::string{listen}), "") << listen;
}

TEST(settings, a_server_that_others_can_reach_must_say_its_mode) {
  for (const char* listen : {"0.0.0.0:80", "192.0.2.1:80", "[::]:80", "example.org:80"})
    EXPECT_NE(refusal("listen = " + std::string{listen}), "") << listen;
  for (const char* listen : {"127.0.0.1:80", "127.1.2.3:80", "localhost:80", "[::1]:80"})
    EXPECT_EQ(refusal("listen = " + std::string{listen}), "") << listen;
  EXPECT_EQ(refusal("listen = 0.0.0.0:80\nmode = accounts"), "");
  EXPECT_EQ(refusal("listen = 0.0.0.0:80\nmode = open"), "");
  for (const char* behind_a_proxy :
       {"public_url = https://a.example.org", "public_url = http://192.0.2.1:8080",
        "trusted_proxies = 127.0.0.1"}) {
    const std::string way = behind_a_proxy;
    EXPECT_NE(refusal(way).find("Say mode"), std::string::npos) << way;
    EXPECT_EQ(refusal(way + "\nmode = accounts"), "") << way;
    EXPECT_EQ(refusal(way + "\nmode = open"), "") << way;
  }
  for (const char* here : {"http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"})
    EXPECT_EQ(refusal(std::string{"public_url = "} + here), "") << here;
}

TEST(settings, an_operator_is_warned_of_doors_that_stand_open) {
  const auto warnings = [](const char* text) { return warnings_of(from_text(text)).size(); };
  EXPECT_EQ(warnings(""), 0U);
  EXPECT_EQ(warnings("mode = accounts"), 0U);
  EXPECT_EQ(warnings("mode = open\npublic_url = https://a.example.org"), 1U);
  EXPECT_EQ(warnings("mode = open\nlisten = 192.0.2.1:80"), 1U);
  EXPECT_EQ(warnings("mode = open\nlisten = 0.0.0.0:80"), 2U) << "links to nowhere";
  EXPECT_EQ(warnings("mode = accounts\nlisten = 192.0.2.1:80"), 2U) << "no TLS, cookies without";
  const std::string tls = "mode = accounts\ntls_certificate = a\ntls_key = b\n";
  EXPECT_EQ(warnings((tls + "listen = 192.0.2.1:443").c_str()), 0U);
  EXPECT_EQ(warnings((tls + "listen = [::]:443").c_str()), 1U) << "links to nowhere";
  EXPECT_EQ(warnings("mode = accounts\nlisten = 0.0.0.0:80\ntrusted_proxies = 192.0.2.1\n"
                     "public_url = https://a.example.org"),
            0U);
}

TEST(settings, reads_rates) {
  const auto read = [](const std::string& text) {
    return from_text("chats_per_account = " + text).rates.chats_per_account;
  };
  EXPECT_EQ(read("60/min burst 20"), (rate{60, 20}));
  EXPECT_EQ(read("5/s burst 1"), (rate{300, 1}));
  EXPECT_EQ(read("off"), rate{});
  for (const char* wrong : {"", "60", "60/min", "60/h burst 1", "-1/s burst 1", "0/s burst 1",
                            "1/s burst 0", "1/s burst 2x", "1/s  burst 2", "99999999999999/s burst 1"})
    EXPECT_NE(refusal("chats_per_account = " + std::string{wrong}), "") << wrong;
}

TEST(settings, reads_how_much_may_be_asked_of_the_ai) {
  const settings set = from_text("asks_per_account = 2/s burst 9\nasks_per_address = off\n"
                                 "asks_per_minute = 30\nasks_burst = 3");
  EXPECT_EQ(set.rates.asks_per_account, (rate{120, 9}));
  EXPECT_EQ(set.rates.asks_per_address, rate{});
  EXPECT_EQ(set.bounds.asks_per_minute, 30U);
  EXPECT_EQ(set.bounds.asks_burst, 3U);
  EXPECT_NE(refusal("asks_per_minute = 0"), "");
  EXPECT_NE(refusal("asks_burst = 1000001"), "");
}

TEST(settings, reads_a_secret_from_its_own_file) {
  const temp_folder folder;
  folder.write("secret", "hush\n");
  EXPECT_EQ(from_text("oidc_client_secret_file = " + folder / "secret")
              .accounts.company.client_secret,
            "hush");
  EXPECT_NE(refusal("oidc_client_secret_file = " + folder / "absent"), "");
}

// ---- a model ----

TEST(settings, a_model_has_an_address_and_a_name) {
  const std::string whole = "ai_provider = openai\nai_url = https://a.example.org/v1\nai_model = m\n";
  const settings all = from_text(whole + "ai_completion_style = qwen\nai_key_header = azure\n"
                                         "ai_room_default = on\nai_completion_timeout_ms = 2000\n");
  EXPECT_EQ(all.ai.provider, net::model_provider::openai);
  EXPECT_EQ(all.ai.style, net::completion_style::qwen);
  EXPECT_EQ(all.ai.shown_as, net::key_header::azure);
  EXPECT_EQ(all.ai.room_default, net::room_ai::on);
  EXPECT_EQ(all.ai.completion_timeout_ms, 2'000U);
  const struct {
    std::string text;
    const char* why;
  } table[] = {
    {"ai_provider = openai\n", "takes an ai_url and an ai_model"},
    {"ai_provider = openai\nai_url = https://a.example.org\n", "takes an ai_url and an ai_model"},
    {"ai_provider = gpt\n", "must be one of off, local, openai"},
    {whole + "ai_completion_style = none\n", "must be one of chat, suffix"},
    {"ai_url = a.example.org\n", "must be http(s)://HOST"},
    {"ai_url = https://me:pass@a.example.org\n", "must be http(s)://HOST"},
    {whole + "ai_completion_url = ftp://x\n", "must be http(s)://HOST"},
    {"ai_room_default = on\n", "takes ai_provider = openai"},
    {"ai_key = abc\n", "there is no setting"},
    {"ai_answer_bytes = 1\n", "whole number"},
  };
  for (const auto& row : table)
    EXPECT_NE(refusal(row.text).find(row.why), std::string::npos) << row.text << refusal(row.text);
}

TEST(settings, a_server_without_ai_has_rooms_without_it) {
  EXPECT_EQ(from_text("").ai.room_default, net::room_ai::local);
  EXPECT_EQ(from_text("ai_provider = off").ai.room_default, net::room_ai::off);
}

TEST(settings, a_models_key_is_in_the_environment_or_in_a_file_and_never_shown) {
  const std::string key = "sk-0123456789";
  const temp_folder folder;
  folder.write("key", key + "\r\n");
  folder.write("bad", "two words\n");
  EXPECT_EQ(from_text("ai_key_file = " + folder / "key").ai.key.reveal(), key);
  EXPECT_NE(refusal("ai_key_file = " + folder / "absent"), "");
  EXPECT_EQ(refusal("ai_key_file = " + folder / "bad").find("two words"), std::string::npos);
  settings all;
  read_settings_environment(all, {{"TANDEM_AI_KEY", key}, {"TANDEM_AI_KEY_FILE", folder / "key"}});
  EXPECT_EQ(all.ai.key.reveal(), key);
  EXPECT_EQ(example_settings().find(key), std::string::npos);
  try {
    read_settings_environment(all, {{"TANDEM_AI_KEY", key + "\nX: y"}});
    FAIL() << "it would end a header's line";
  } catch (const settings_error& error) {
    EXPECT_EQ(std::string{error.what()}.find(key), std::string::npos) << error.what();
  }
}

TEST(settings, an_operator_is_warned_of_a_key_that_others_can_read) {
  const auto count = [](const std::string& url, const std::string& key) {
    settings all = from_text("ai_provider = openai\nai_model = m\nai_url = " + url);
    all.ai.key = net::model_key{key};
    return warnings_of(all).size();
  };
  EXPECT_EQ(count("http://a.example.org/v1", "key"), 1U);
  EXPECT_EQ(count("http://a.example.org/v1", ""), 0U);
  EXPECT_EQ(count("https://a.example.org/v1", "key"), 0U);
  EXPECT_EQ(count("http://127.0.0.1:11434/v1", "key"), 0U);
  EXPECT_EQ(count("http://10.0.0.7:8000/v1", "key"), 0U);
  EXPECT_EQ(warnings_of(from_text("ai_url = https://a.example.org")).size(), 1U);
}

TEST(settings, a_public_url_is_as_browsers_say_it) {
  for (const char* url : {"https://a.example.org", "http://a.example.org:8080",
                          "https://192.0.2.1:8443", "https://[2001:db8::1]"})
    EXPECT_EQ(refusal("mode = open\npublic_url = " + std::string{url}), "") << url;
  for (const char* url :
       {"a.example.org", "ftp://a.example.org", "https://a.example.org/", "https://a.example.org/x",
        "https://A.example.org", "HTTPS://a.example.org", "https://a.example.org:443",
        "http://a.example.org:80", "https://a.example.org?x", "https://me@a.example.org",
        "https://", "https://a.example.org:0443"})
    EXPECT_NE(refusal("mode = open\npublic_url = " + std::string{url}).find("as browsers write"),
              std::string::npos)
      << url;
}

TEST(settings, what_depends_on_several_is_checked_last) {
  EXPECT_NE(refusal("outbound_pause_bytes = 5000\noutbound_bytes = 5000"), "");
  EXPECT_EQ(refusal("outbound_pause_bytes = 5000\noutbound_bytes = 5001"), "");
  EXPECT_EQ(refusal("outbound_bytes = 300000\noutbound_pause_bytes = 200000"), "");
  EXPECT_NE(refusal("public_url = https://a.example.org/"), "");
  EXPECT_NE(refusal("tls_certificate = a.pem"), "");
  EXPECT_NE(refusal("oidc_issuer = https://id.example.org\noidc_client_id = x"), "");
}

// The number of a chat message rises from the last one that was kept.
TEST(settings, at_least_one_chat_message_is_kept) {
  EXPECT_NE(refusal("chat_kept = 0"), "");
  EXPECT_EQ(refusal("chat_kept = 1"), "");
}

// ---- the environment ----

TEST(settings, the_environment_has_names_in_capitals) {
  settings all;
  read_settings_environment(all, {{"TANDEM_OPS_PER_SECOND", "7"},
                                  {"TANDEM_STORE", "memory:"},
                                  {"HOME", "/nowhere"},
                                  {"OPS_BURST", "1"},
                                  {"NOT_TANDEM_LISTEN", "x"}});
  EXPECT_EQ(all.bounds.ops_per_second, 7U);
  EXPECT_EQ(all.store, "memory:");
  EXPECT_EQ(all.bounds.ops_burst, limits{}.ops_burst);
}

TEST(settings, the_environment_is_checked_like_a_file) {
  settings all;
  EXPECT_THROW(read_settings_environment(all, {{"TANDEM_NONSENSE", "1"}}), settings_error);
  EXPECT_THROW(read_settings_environment(all, {{"TANDEM_", "1"}}), settings_error);
  EXPECT_THROW(read_settings_environment(all, {{"TANDEM_IO_THREADS", "x"}}), settings_error);
  try {
    read_settings_environment(all, {{"TANDEM_IO_THREADS", "x"}});
  } catch (const settings_error& error) {
    EXPECT_TRUE(std::string_view{error.what()}.starts_with("environment variable"
                                                           " TANDEM_IO_THREADS: "));
  }
}

TEST(settings, what_belongs_to_the_tests_is_left_alone) {
  settings all;
  EXPECT_NO_THROW(read_settings_environment(all, {{"TANDEM_TEST_NONSENSE", "1"}}));
}

TEST(settings, the_later_source_wins) {
  settings all;
  read_settings_text(all, "ops_per_second = 1\nops_burst = 1\nops_per_second = 2", "f");
  EXPECT_EQ(all.bounds.ops_per_second, 2U);
  read_settings_environment(all, {{"TANDEM_OPS_PER_SECOND", "3"}});
  EXPECT_EQ(all.bounds.ops_per_second, 3U);
  EXPECT_EQ(all.bounds.ops_burst, 1U);
  set_setting(all, "ops_per_second", "4", "option");
  EXPECT_EQ(all.bounds.ops_per_second, 4U);
}

// ---- files ----

TEST(settings, reads_a_file) {
  const temp_folder folder;
  folder.write("tandem.conf", "ops_burst = 3\n");
  settings all;
  read_settings_file(all, folder / "tandem.conf");
  EXPECT_EQ(all.bounds.ops_burst, 3U);
}

TEST(settings, a_file_that_cannot_be_read_is_an_error) {
  const temp_folder folder;
  settings all;
  EXPECT_THROW(read_settings_file(all, folder / "absent.conf"), settings_error);
  EXPECT_THROW(read_settings_file(all, folder.path()), settings_error) << "a folder";
}

// ---- the example ----

// The example with its settings uncommented: those are the lines `# name = value`.
std::string uncommented_example() {
  std::istringstream lines{example_settings()};
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    const bool is_setting = line.starts_with("# ") && line.find(" =") != std::string::npos
                            && line.find(' ', 2) == line.find(" =");
    text += (is_setting ? line.substr(2) : line) + "\n";
  }
  return text;
}

TEST(settings, the_example_shows_every_default) {
  const std::string example = uncommented_example();
  // With other values before it, the example must bring every default back.
  settings all;
  for (const char* name :
       {"ops_per_second", "frame_bytes", "connections_max", "room_idle_ms"})
    set_setting(all, name, "2048", "test");
  set_setting(all, "actor_threads", "7", "test");
  set_setting(all, "listen", "0.0.0.0:1", "test");
  set_setting(all, "allowed_origins", "https://a.example.org", "test");
  read_settings_text(all, example, "example");
  finish_settings(all);
  const settings defaults;
  EXPECT_EQ(all.listen, defaults.listen);
  EXPECT_EQ(all.store, defaults.store);
  EXPECT_EQ(all.actor_threads, defaults.actor_threads);
  EXPECT_EQ(all.server.allowed_origins, defaults.server.allowed_origins);
  EXPECT_EQ(all.server.connections_max, defaults.server.connections_max);
  EXPECT_EQ(all.bounds.ops_per_second, defaults.bounds.ops_per_second);
  EXPECT_EQ(all.bounds.frame_bytes, defaults.bounds.frame_bytes);
  EXPECT_EQ(all.bounds.room_idle_ms, defaults.bounds.room_idle_ms);
}

TEST(settings, the_example_as_it_is_changes_nothing) {
  settings all;
  set_setting(all, "ops_burst", "5", "test");
  EXPECT_NO_THROW(read_settings_text(all, example_settings(), "example"));
  EXPECT_EQ(all.bounds.ops_burst, 5U);
}

}  // namespace
}  // namespace tandem::test
