#include "net/tls_files.hpp"

#include "actors/log.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tandem::net {

namespace {

namespace ssl = boost::asio::ssl;
constexpr std::chrono::seconds look_interval{1};

}  // namespace

tls_files::tls_files(std::string certificate, std::string key)
    : certificate_{std::move(certificate)},
      key_{std::move(key)},
      context_{read()},
      read_as_of_{changed_at()},
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

// The later of the two; the earliest time there is if one cannot be looked at.
tls_files::file_time tls_files::changed_at() const {
  std::error_code problem;
  const file_time certificate = std::filesystem::last_write_time(certificate_, problem);
  const file_time key =
    problem ? file_time::min() : std::filesystem::last_write_time(key_, problem);
  return problem ? file_time::min() : std::max(certificate, key);
}

std::shared_ptr<ssl::context> tls_files::current() {
  const std::lock_guard lock{mutex_};
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_at_ < look_interval)
    return context_;
  looked_at_ = now;
  const file_time changed = changed_at();
  if (changed == read_as_of_ || changed == file_time::min())
    return context_;
  read_as_of_ = changed;
  try {
    context_ = read();
    log(log_level::info, "the TLS certificate was read anew");
  } catch (const std::exception& error) {
    log(log_level::error, std::string{error.what()} + "; the one before stays");
  }
  return context_;
}

}  // namespace tandem::net
