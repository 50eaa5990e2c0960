// The assistant in the chat: what it is asked, what it says and proposes, and that the
// room gets it. Part of companion_core.
#include "actors/ai/companion_core.hpp"

#include "actors/ai/line_change.hpp"
#include "actors/ai/text_difference.hpp"
#include "ot/utf8.hpp"

#include <utility>

namespace tandem::ai {

namespace {

std::string cut_to(std::string text, std::uint64_t chars) {
  if (ot::count_chars(text) > chars) {
    text.resize(ot::byte_offset(text, static_cast<std::uint32_t>(chars - 1)));
    text += "…";
  }
  return text;
}

}  // namespace

bool companion_core::answer(const asker& from, const mention& wish) {
  const auto said = mention_in(wish, decoder_);
  if (!said)
    return true;
  if (mode_ != ai_mode::on)
    return refuse(from, 0, error_code::forbidden, no_model_here);
  if (open_more())
    return false;
  ++counts_.mentions;
  assistant_question about;
  for (const server::chat& one : chat_)
    if (one.n < said->n)
      about.recent.push_back({one.name, one.text});
  about.who = said->name.empty() ? "Guest" : said->name;
  about.question = said->text;
  about = with_context(std::move(about), room_texts(0), limits_.context_tokens);
  const call_number call = ++last_call_;
  asked_mention asked;
  for (const auto& [key, file] : files_)
    if (file.text)
      asked.shown.emplace(key, followed_text{file.text->text(), file.text->revision()});
  under_way_.emplace(call, call_under_way{from, std::move(asked)});
  effects_.chat(call, assistant_prompt(about));
  return true;
}

void companion_core::finish(const call_under_way& call, const asked_mention& about,
                            const std::string& whole) {
  const assistant_answer read = read_assistant_answer(whole);
  auto proposal = read.edit ? proposal_of(*read.edit, about) : std::nullopt;
  const char* const why_none = read.edit && !proposal ? "\n\n(The text has changed there.)" : "";
  say(call.from, read.text + explained(read.problem) + why_none, std::move(proposal));
}

// The lines are those of the text that was shown; it may have changed since.
std::optional<server::proposal> companion_core::proposal_of(const assistant_edit& edit,
                                                            const asked_mention& about) {
  storage::file_key key = 0;
  const known_file* file = find({edit.file, std::nullopt}, key);
  const auto shown = about.shown.find(key);
  if (file == nullptr || !file->text || shown == about.shown.end())
    return std::nullopt;
  const ot::rope& then = shown->second.text();
  const auto change = line_change_of(edit, then);
  if (!change || !file->text->knows_way_from(shown->second.revision()))
    return std::nullopt;
  const auto now = file->text->carry(change->range, shown->second.revision(), edges_count::no);
  if (!now)
    return std::nullopt;
  server::proposal proposal;
  proposal.file = file->name;
  proposal.rev = file->text->revision();
  proposal.op =
    difference(then.substring(change->range.from, change->range.to - change->range.from),
               change->replacement, static_cast<std::uint32_t>(now->from));
  proposal.provider = offer_.provider;
  return proposal;
}

void companion_core::give_up(const call_under_way& call, const asked_mention&,
                             const model_failure& failure) {
  say(call.from, "I cannot answer now: " + failure.why, std::nullopt);
}

// The proposal follows once the message has its number.
void companion_core::say(const asker& from, std::string text,
                         std::optional<server::proposal> proposal) {
  if (text.empty())
    text = proposal ? "Here is a change." : "I have nothing to say.";
  client::chat said{++last_chat_, cut_to(std::move(text), limits_.chat_chars)};
  if (proposal)
    proposal->summary = said.text;
  posts_.emplace(said.id, post_under_way{from, said, std::move(proposal), {}, {}});
  effects_.post(std::move(said));
}

// The room keeps what comes twice once, by its id.
void companion_core::post_again(std::int64_t now_us) {
  if (!is_joined_)
    return;
  for (auto& [id, post] : posts_) {
    if (!post.since_us)
      post.since_us = now_us;
    if (post.again_us && now_us >= *post.again_us) {
      post.again_us.reset();
      effects_.post(post.said);
    }
  }
  std::erase_if(posts_, [&](const auto& entry) {
    const post_under_way& post = entry.second;
    return now_us - *post.since_us >= limits_.post_wait_us
           && refuse(post.from, 0, error_code::unavailable,
                     "the assistant's answer could not be kept", {}, 1'000);
  });
}

void companion_core::on_post_refused(const server::error& why, std::int64_t now_us) {
  const auto post = posts_.find(*why.id);
  if (post == posts_.end())
    return;
  if (why.code == error_code::unavailable || why.code == error_code::rate_limited) {
    post->second.again_us = now_us + std::int64_t{why.retry_ms.value_or(1'000)} * 1'000;
    return;
  }
  refuse(post->second.from, 0, why.code, why.message);
  posts_.erase(post);
}

void companion_core::on_posted(const server::chat& own) {
  auto post = posts_.extract(*own.id);
  if (post.empty() || !post.mapped().proposal)
    return;
  server::proposal& proposal = *post.mapped().proposal;
  proposal.chat = own.n;
  post.mapped().from.tell(proposal);
}

}  // namespace tandem::ai
