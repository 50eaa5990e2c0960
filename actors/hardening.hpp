// What keeps an actor from being ended by what others send it, or by what its own
// handlers throw.
#pragma once

#include <caf/actor_control_block.hpp>
#include <caf/event_based_actor.hpp>

#include <exception>

namespace tandem {

// Makes an actor outlive what would otherwise end it: strangers' errors and
// exits, and messages it does not know (which CAF would print, with their text).
template <class Self>
void harden(Self* self) {
  self->set_default_handler(caf::drop);
  self->set_error_handler([](caf::error&) {});
  self->set_exit_handler([](caf::exit_msg&) {});
}

// The state of an actor whose handlers may throw. An exception costs what
// State::fail says, and nothing else.
template <class State>
class guarded_state {
 public:
  template <class F>
  void guarded(F handler) {
    try {
      handler();
    } catch (const std::exception& error) {
      static_cast<State*>(this)->fail(error);
    }
  }
};

}  // namespace tandem
