#include "net/http_fetch.hpp"

#include <curl/curl.h>

#include <memory>
#include <string_view>

namespace tandem::net {

namespace {

struct curl_cleaner {
  void operator()(CURL* curl) const noexcept { curl_easy_cleanup(curl); }
};
using curl_ptr = std::unique_ptr<CURL, curl_cleaner>;

curl_ptr make_curl() {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  return curl_ptr{ready == CURLE_OK ? curl_easy_init() : nullptr};
}

// Too much ends the transfer.
std::size_t take(char* bytes, std::size_t size, std::size_t count, void* to) {
  std::string& body = *static_cast<std::string*>(to);
  if (body.size() + size * count > fetch_bytes_max)
    return 0;
  body.append(bytes, size * count);
  return size * count;
}

}  // namespace

std::string url_encoded(const std::string& text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                          || (c >= '0' && c <= '9')
                          || std::string_view{"-._~"}.find(c) != std::string_view::npos;
    if (is_plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

fetch_answer fetch(const fetch_request& request) {
  const curl_ptr curl = make_curl();
  if (!curl)
    return {0, "libcurl does not work here"};
  fetch_answer answer;
  std::string form;
  for (const auto& [name, value] : request.form)
    form += (form.empty() ? "" : "&") + name + "=" + url_encoded(value);
  const auto set = [&](CURLoption option, auto value) {
    curl_easy_setopt(curl.get(), option, value);
  };
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_TIMEOUT_MS, fetch_deadline_ms);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_WRITEFUNCTION, take);
  set(CURLOPT_WRITEDATA, &answer.body);
  if (!request.form.empty())
    set(CURLOPT_POSTFIELDS, form.c_str());
  if (!request.user.empty()) {
    set(CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    set(CURLOPT_USERNAME, request.user.c_str());
    set(CURLOPT_PASSWORD, request.password.c_str());
  }
  const CURLcode result = curl_easy_perform(curl.get());
  if (result != CURLE_OK)
    return {0, curl_easy_strerror(result)};
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

}  // namespace tandem::net
