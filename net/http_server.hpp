// The rim: listens, speaks HTTP, hands WebSockets to sessions. Owns the I/O
// threads; its public calls come from the main thread.
#pragma once

#include "actors/ai/ai_offer.hpp"
#include "actors/service.hpp"
#include "net/account_settings.hpp"
#include "net/server_options.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace tandem::net {

class http_server {
 public:
  // Binds and starts listening. Throws std::system_error if it cannot.
  http_server(server_options options, service& actors, account_settings accounts = {},
              ai_offer ai = {});
  ~http_server();

  // Where it can be reached, with the port that was bound.
  const std::string& url() const noexcept;

  // Accepts no more, says goodbye to every connection, and waits until all are
  // gone. Whether they were in time.
  bool stop(std::chrono::milliseconds deadline);

 private:
  class implementation;
  std::shared_ptr<implementation> implementation_;
};

}  // namespace tandem::net
