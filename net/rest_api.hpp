// The REST routes of docs/protocol.md: rooms and files in rest_api.cpp, what was
// in rest_history.cpp. Stateless: what it answers with comes from the store,
// through the service. Answers come on any thread.
#pragma once

#include "actors/service.hpp"
#include "net/http_types.hpp"
#include "net/rest_answers.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::net {

class rest_api {
 public:
  // `public_url`: what links begin with, without a trailing slash.
  rest_api(service& actors, std::string public_url)
      : actors_{actors}, public_url_{std::move(public_url)} {}

  // Whether the path is one of its routes.
  static bool serves(std::string_view path) noexcept;

  // REQUIRES: serves(path of the request's target).
  void handle(const http_request& request, respond answer);

 private:
  struct target {
    std::vector<std::string> segments;  // percent-decoded
    std::string query;
  };

  // Nothing if the query's `rev` is no number.
  static std::optional<file_at> file_wanted(const target& where);

  void handle_room(const http_request& request, const target& where, respond answer);
  void handle_file(const http_request& request, const target& where, respond answer);
  void create_room(const http_request& request, respond answer);
  void describe_room(const std::string& id, respond answer);
  void remove_room(const std::string& id, respond answer);
  void list_versions(const std::string& id, respond answer);
  void add_version(const http_request& request, const std::string& id, respond answer);
  void list_files(const std::string& id, respond answer);
  void file_text(const target& where, respond answer);
  void file_history(const target& where, respond answer);
  void file_blame(const target& where, respond answer);
  void restore_file(const http_request& request, const target& where, respond answer);
  void stream_log(const std::string& id, respond answer);
  void ready(respond answer);
  void metrics(respond answer);
  std::string room_json(const storage::room_record& room) const;

  service& actors_;
  std::string public_url_;
};

}  // namespace tandem::net
