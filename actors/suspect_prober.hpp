// Looks whether nodes whose link was lost still live. A look may take as long as a
// network that does not answer, so it has a thread of its own: nothing else waits for
// it, least of all a beat. Thread-safe.
//
// Invariants
//  1. However often a node is suspected, one series of looks at it goes on at a time.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tandem {

class suspect_prober {
 public:
  // `is_nobody_at`: whether nobody listens at HOST:PORT; may block for some hundred ms.
  explicit suspect_prober(std::function<bool(const std::string& address)> is_nobody_at);
  ~suspect_prober();

  // Looks at a node, some times.
  void look_at(const std::string& id, const std::string& address);
  // Nodes at whose address nobody listens: their processes are gone. Each once.
  std::vector<std::string> take_gone();
  // Waits for the look that is under way.
  void stop();

 private:
  struct suspected {
    std::string address;
    int looks_left = 0;
  };

  void run();
  void look(const std::string& id, const std::string& address);

  std::function<bool(const std::string& address)> is_nobody_at_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, suspected> suspects_;  // by node id; guarded, as all below
  std::vector<std::string> gone_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace tandem
