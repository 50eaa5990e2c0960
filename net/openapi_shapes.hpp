// What the routes take besides the path, and what the WebSocket's messages carry:
// what the table of routes cannot say, as /openapi.json tells it. The contract is
// docs/protocol.md.
//
// A shape is a list of fields by commas, `name:type` or `name?:type` for one that
// may be left out. Types: string, integer, boolean, object, any; with `[]` a list
// of them; words with `|` between them: one of these.
#pragma once

#include <string_view>

namespace tandem::net {

struct route_shape {
  std::string_view method;  // as in OpenAPI: lower case
  std::string_view pattern;
  std::string_view query;
  std::string_view body;
};

inline constexpr route_shape route_shapes[] = {
  {"post", "/rooms", "", "name?:string,files?:object[]"},
  {"patch", "/rooms/{room}", "",
   "name?:string,visibility?:private|tenant|link,link_role?:viewer|commenter|editor,"
   "is_locked?:boolean,ai?:off|local|on"},
  {"get", "/rooms/{room}/files/{file}", "rev?:integer", ""},
  {"get", "/rooms/{room}/files/{file}/history", "from?:integer,to?:integer", ""},
  {"get", "/rooms/{room}/files/{file}/blame", "rev?:integer", ""},
  {"post", "/rooms/{room}/files/{file}/restore", "", "rev:integer,by?:string"},
  {"post", "/rooms/{room}/versions", "", "name:string,by?:string"},
  {"post", "/rooms/{room}/members", "", "login:string,role:viewer|commenter|editor|owner"},
  {"patch", "/rooms/{room}/members/{account}", "", "role:viewer|commenter|editor|owner"},
  {"post", "/rooms/{room}/owner", "", "account:integer"},
  {"post", "/rooms/{room}/invites", "",
   "role:viewer|commenter|editor,expires_in?:integer,uses?:integer"},
  {"post", "/invites/redeem", "", "token:string"},
  {"post", "/autocomplete", "",
   "room_id?:string,file?:string,rev?:integer,text?:string,language?:string,position:integer"},
  {"post", "/refactor", "",
   "room_id:string,file:string,rev?:integer,range:integer[],instruction:string"},
  {"post", "/account/sign-up", "", "login:string,password:string,name?:string,invite?:string"},
  {"post", "/account/sign-in", "", "login:string,password:string,as?:cookie|token"},
  {"patch", "/account", "", "name:string"},
  {"post", "/account/password", "", "old:string,new:string"},
  {"post", "/account/tokens", "",
   "name:string,scopes:string[],expires_in?:integer,room_id?:string"},
  {"get", "/auth/start", "to?:string", ""},
  {"get", "/auth/callback", "code:string,state:string", ""},
  {"post", "/tenant/accounts", "", "login:string,name?:string,role?:member|admin"},
  {"patch", "/tenant/accounts/{account}", "",
   "role?:member|admin,is_disabled?:boolean,reset_password?:boolean"},
  {"post", "/tenant/invites", "", "expires_in?:integer,uses?:integer"},
  {"get", "/tenant/audit", "before?:integer,limit?:integer", ""},
};

struct message_shape {
  std::string_view type;
  std::string_view fields;
  std::string_view summary;
};

inline constexpr message_shape client_message_shapes[] = {
  {"hello", "client:string,name?:string,token?:string,attempt?:integer,open?:object[]",
   "The first message, within 10 s: who this is, and the files to follow"},
  {"open", "file:string,id?:integer,rev?:integer,seq?:integer", "Follow a file"},
  {"close", "file:string,id?:integer", "Stop following a file"},
  {"op", "file:string,id?:integer,rev:integer,seq:integer,op:any[],by_ai?:boolean",
   "An edit made on revision `rev`; `by_ai`: taken over from a proposal"},
  {"cursor", "file:string,id?:integer,rev:integer,ranges:any[]",
   "One's selections; an empty list hides them"},
  {"chat", "id:integer,text:string", "Say something in the room"},
  {"file", "do:create|rename|delete,file:string,to?:string,text?:string,language?:string",
   "Change the room's files"},
  {"diverged", "file:string,rev:integer,length:integer,crc32:integer",
   "The own text was not what a `check` said"},
  {"complete", "ask:integer,file:string,id?:integer,rev:integer,position:integer",
   "What could follow at `position`?"},
  {"refactor",
   "ask:integer,file:string,id?:integer,rev:integer,range:integer[],instruction:string",
   "Change this part, or explain it"},
  {"cancel", "ask:integer", "The answer is not wanted any more"},
};

inline constexpr message_shape server_message_shapes[] = {
  {"welcome",
   "protocol:integer,site:integer,role:viewer|commenter|editor|owner,room:object,"
   "files:object[],peers:object[],chat:object[],limits:object",
   "The answer to `hello`"},
  {"opened", "file:string,id:integer,rev:integer,language:string,text?:string,from?:integer",
   "A file is followed: its text, or the revision that operations lead on from"},
  {"op", "file:string,rev:integer,op:any[],from?:integer,by?:integer",
   "What others did; `rev` is the revision after it"},
  {"ack", "file:string,seq:integer,rev:integer", "The own edit is durable, as revision `rev`"},
  {"cursor", "site:integer,file:string,rev:integer,ranges:any[]", "Somebody's selections"},
  {"join", "site:integer,name:string,color:string,role:viewer|commenter|editor|owner",
   "Somebody has come, or has another role"},
  {"leave", "site:integer", "Somebody has gone"},
  {"role", "role:viewer|commenter|editor|owner", "What one may do has changed"},
  {"chat", "n:integer,name:string,text:string,at:integer,site?:integer,id?:integer",
   "Somebody said something"},
  {"file", "do:create|rename|delete,file:string,id:integer,to?:string,language?:string,by?:integer",
   "The room's files have changed"},
  {"check", "file:string,rev:integer,length:integer,crc32:integer",
   "What the text at `rev` must be"},
  {"ai", "mode:off|local|on,provider:off|local|openai,model?:string,host?:string,can:string[]",
   "What the room's AI may be asked"},
  {"completion",
   "ask:integer,file:string,rev:integer,suggestions:object[],words:object[],provider:string,"
   "more?:boolean,problem?:string,retry_ms?:integer",
   "What could follow, in the text at `rev`"},
  {"thinking", "ask:integer,text?:string", "The model answers; the next piece of what it says"},
  {"proposal",
   "ask?:integer,chat?:integer,file:string,rev:integer,op:any[],summary:string,provider:string",
   "A change of the text at `rev`, for a person to take over"},
  {"error",
   "code:string,message:string,file?:string,seq?:integer,id?:integer,ask?:integer,"
   "retry_ms?:integer,fatal?:boolean",
   "Something was refused"},
};

}  // namespace tandem::net
