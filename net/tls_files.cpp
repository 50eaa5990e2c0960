#include "net/tls_files.hpp"

#include "actors/log.hpp"

#include <stdexcept>
#include <utility>

namespace tandem::net {

namespace {

namespace ssl = boost::asio::ssl;

}  // namespace

tls_files::tls_files(std::string certificate, std::string key,
                     std::chrono::milliseconds look_interval)
    : certificate_{std::move(certificate)},
      key_{std::move(key)},
      look_interval_{look_interval},
      read_as_of_{changed_at()},  // first: what changes meanwhile is read again
      context_{read()},
      looked_at_{std::chrono::steady_clock::now()} {
}

std::shared_ptr<ssl::context> tls_files::read() const {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2
                       | ssl::context::no_sslv3 | ssl::context::no_tlsv1
                       | ssl::context::no_tlsv1_1 | ssl::context::single_dh_use);
  boost::system::error_code problem;
  context->use_certificate_chain_file(certificate_, problem);
  if (problem)
    throw std::runtime_error{"tls_certificate: " + certificate_ + ": " + problem.message()};
  context->use_private_key_file(key_, ssl::context::pem, problem);
  if (problem)
    throw std::runtime_error{"tls_key: " + key_ + ": " + problem.message()};
  // An idle connection keeps no buffers of OpenSSL's.
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  return context;
}

// Nothing if one of them cannot be looked at.
std::optional<tls_files::file_times> tls_files::changed_at() const {
  std::error_code problem;
  file_times times{std::filesystem::last_write_time(certificate_, problem), {}};
  if (!problem)
    times.key = std::filesystem::last_write_time(key_, problem);
  return problem ? std::nullopt : std::optional{times};
}

std::shared_ptr<ssl::context> tls_files::current() {
  const std::lock_guard lock{mutex_};
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_at_ < look_interval_)
    return context_;
  looked_at_ = now;
  const auto changed = changed_at();
  if (!changed || changed == read_as_of_)
    return context_;
  try {
    context_ = read();
    read_as_of_ = changed;
    log(log_level::info, "the TLS certificate was read anew");
  } catch (const std::exception& error) {
    if (std::exchange(reported_as_of_, changed) != changed)
      log(log_level::error, std::string{error.what()} + "; the one before stays");
  }
  return context_;
}

}  // namespace tandem::net
