"""The forms in which providers answer: what an answer says, as their events, frames and bodies."""

import base64
import json
import struct
import zlib

STOPS = {"end_turn": "stop", "max_tokens": "length", "tool_use": "tool_calls", "refusal": "stop"}


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def pieces_of(value):
    return value if isinstance(value, list) else [value]


def repeated(part):
    """A part whose pieces of text come `times` times."""
    if "times" not in part:
        return part
    return {"text": pieces_of(part["text"]) * part["times"]}


class Said:
    """The content of an answer: parts, why it stops, what was counted."""

    def __init__(self, answer, model):
        self.model = model
        self.parts = [repeated(part) for part in answer.get("say", [])]
        self.stop = answer.get("stop", "end_turn")
        usage = answer.get("usage", {})
        self.input, self.output = usage.get("input", 11), usage.get("output", 22)
        self.error = answer.get("error")


def messages_events(said):
    """Events of the Messages API."""
    yield {"type": "message_start", "message": {
        "id": "msg_scripted", "type": "message", "role": "assistant", "model": said.model,
        "content": [], "stop_reason": None, "stop_sequence": None,
        "usage": {"input_tokens": said.input, "output_tokens": 1}}}
    yield {"type": "ping"}
    for index, part in enumerate(said.parts):
        for start, delta in messages_part(part):
            if start:
                yield {"type": "content_block_start", "index": index, "content_block": start}
            if delta:
                yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    if said.error:
        yield {"type": "error", "error": {
            "type": said.error["type"], "message": said.error["message"]}}
        return
    yield {"type": "message_delta", "usage": {"output_tokens": said.output},
           "delta": {"stop_reason": said.stop, "stop_sequence": None}}
    yield {"type": "message_stop"}


def messages_part(part):
    if "thinking" in part:
        yield {"type": "thinking", "thinking": "", "signature": ""}, None
        for piece in pieces_of(part["thinking"]):
            yield None, {"type": "thinking_delta", "thinking": piece}
        yield None, {"type": "signature_delta", "signature": part.get("signature", "c2ln")}
    elif "tool" in part:
        tool = part["tool"]
        yield {"type": "tool_use", "id": tool["id"], "name": tool["name"], "input": {}}, None
        for piece in pieces_of(tool["input"]):
            yield None, {"type": "input_json_delta", "partial_json": piece}
    else:
        yield {"type": "text", "text": ""}, None
        for piece in pieces_of(part["text"]):
            yield None, {"type": "text_delta", "text": piece}


def messages_whole(said):
    content = []
    for part in said.parts:
        if "thinking" in part:
            content.append({"type": "thinking", "thinking": "".join(pieces_of(part["thinking"])),
                            "signature": part.get("signature", "c2ln")})
        elif "tool" in part:
            tool = part["tool"]
            content.append({"type": "tool_use", "id": tool["id"], "name": tool["name"],
                            "input": json.loads("".join(pieces_of(tool["input"])))})
        else:
            content.append({"type": "text", "text": "".join(pieces_of(part["text"]))})
    return {"id": "msg_scripted", "type": "message", "role": "assistant", "model": said.model,
            "content": content, "stop_reason": said.stop, "stop_sequence": None,
            "usage": {"input_tokens": said.input, "output_tokens": said.output}}


def server_sent(events):
    for event in events:
        yield f"event: {event['type']}\ndata: {compact(event)}\n\n".encode()


def sse_messages(said):
    return server_sent(messages_events(said))


def frame(headers, payload):
    """A frame of an AWS event stream with both checksums."""
    block = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value))
        + value.encode() for name, value in headers)
    prelude = struct.pack("!II", 16 + len(block) + len(payload), len(block))
    head = prelude + struct.pack("!I", zlib.crc32(prelude))
    return head + block + payload + struct.pack("!I", zlib.crc32(head + block + payload))


def event_frame(kind, value):
    return frame([(":event-type", kind), (":content-type", "application/json"),
                  (":message-type", "event")], compact(value).encode())


def exception_frame(error):
    name = error["type"][0].lower() + error["type"][1:]
    return frame([(":exception-type", name), (":content-type", "application/json"),
                  (":message-type", "exception")],
                 compact({"message": error["message"]}).encode())


def invoke_frames(said):
    for event in messages_events(said):
        if event["type"] == "error":
            yield exception_frame(said.error)
            return
        if event["type"] == "message_stop":
            event["amazon-bedrock-invocationMetrics"] = {
                "inputTokenCount": said.input, "outputTokenCount": said.output}
        data = base64.b64encode(compact(event).encode()).decode()
        yield event_frame("chunk", {"bytes": data, "p": "abcdefghijkl"[:len(data) % 12]})


def converse_frames(said):
    yield event_frame("messageStart", {"role": "assistant"})
    for index, part in enumerate(said.parts):
        for kind, value in converse_part(part):
            yield event_frame(kind, {"contentBlockIndex": index, **value})
        yield event_frame("contentBlockStop", {"contentBlockIndex": index})
    if said.error:
        yield exception_frame(said.error)
        return
    yield event_frame("messageStop", {"stopReason": said.stop})
    yield event_frame("metadata", {"usage": converse_usage(said), "metrics": {"latencyMs": 9}})


def converse_usage(said):
    return {"inputTokens": said.input, "outputTokens": said.output,
            "totalTokens": said.input + said.output}


def converse_part(part):
    delta = "contentBlockDelta"
    if "thinking" in part:
        for piece in pieces_of(part["thinking"]):
            yield delta, {"delta": {"reasoningContent": {"text": piece}}}
        yield delta, {"delta": {"reasoningContent": {"signature": part.get("signature", "c2ln")}}}
    elif "tool" in part:
        tool = part["tool"]
        yield "contentBlockStart", {
            "start": {"toolUse": {"toolUseId": tool["id"], "name": tool["name"]}}}
        for piece in pieces_of(tool["input"]):
            yield delta, {"delta": {"toolUse": {"input": piece}}}
    else:
        for piece in pieces_of(part["text"]):
            yield delta, {"delta": {"text": piece}}


def converse_whole(said):
    content = []
    for block in messages_whole(said)["content"]:
        if block["type"] == "thinking":
            content.append({"reasoningContent": {"reasoningText": {
                "text": block["thinking"], "signature": block["signature"]}}})
        elif block["type"] == "tool_use":
            content.append({"toolUse": {"toolUseId": block["id"], "name": block["name"],
                                        "input": block["input"]}})
        else:
            content.append({"text": block["text"]})
    return {"output": {"message": {"role": "assistant", "content": content}},
            "stopReason": said.stop, "usage": converse_usage(said), "metrics": {"latencyMs": 9}}


def completion_chunks(said):
    def chunk(delta, **more):
        choice = {"index": 0, "delta": delta, "finish_reason": None, **more}
        return {"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 1,
                "model": said.model, "choices": [choice]}

    yield chunk({"role": "assistant", "content": ""})
    for index, part in enumerate(said.parts):
        if "tool" in part:
            tool = part["tool"]
            call = {"index": index, "id": tool["id"], "type": "function",
                    "function": {"name": tool["name"], "arguments": ""}}
            yield chunk({"tool_calls": [call]})
            for piece in pieces_of(tool["input"]):
                yield chunk({"tool_calls": [
                    {"index": index, "function": {"arguments": piece}}]})
        else:
            name = "reasoning_content" if "thinking" in part else "content"
            for piece in pieces_of(part.get("thinking", part.get("text"))):
                yield chunk({name: piece})
    if said.error:
        yield {"error": {"message": said.error["message"], "type": said.error["type"],
                         "param": None, "code": None}}
        return
    yield chunk({}, finish_reason=STOPS.get(said.stop, said.stop))
    yield {**chunk({}), "choices": [], "usage": completion_usage(said)}


def completion_usage(said):
    return {"prompt_tokens": said.input, "completion_tokens": said.output,
            "total_tokens": said.input + said.output}


def completions_stream(said):
    for chunk in completion_chunks(said):
        yield f"data: {compact(chunk)}\n\n".encode()
    if not said.error:
        yield b"data: [DONE]\n\n"


def completions_whole(said):
    message = {"role": "assistant", "content": None}
    for block in messages_whole(said)["content"]:
        if block["type"] == "text":
            message["content"] = (message["content"] or "") + block["text"]
        elif block["type"] == "thinking":
            message["reasoning_content"] = block["thinking"]
        else:
            message.setdefault("tool_calls", []).append({
                "id": block["id"], "type": "function", "function": {
                    "name": block["name"], "arguments": compact(block["input"])}})
    choice = {"index": 0, "message": message, "finish_reason": STOPS.get(said.stop, said.stop)}
    return {"id": "chatcmpl-scripted", "object": "chat.completion", "created": 1,
            "model": said.model, "choices": [choice], "usage": completion_usage(said)}


# ---- Errors ----

def anthropic_error(status, kind, message):
    return {"request-id": "req_scripted"}, {
        "type": "error", "error": {"type": kind, "message": message},
        "request_id": "req_scripted"}


GOOGLE = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED",
          404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
AMAZON = {400: "ValidationException", 401: "UnrecognizedClientException",
          403: "AccessDeniedException", 404: "ResourceNotFoundException",
          429: "ThrottlingException", 503: "ServiceUnavailableException"}


def google_error(status, kind, message):
    return {}, {"error": {"code": status, "message": message,
                          "status": GOOGLE.get(status, "INTERNAL")}}


def amazon_error(status, kind, message):
    name = kind if kind.endswith("Exception") else AMAZON.get(status, "InternalServerException")
    return {"x-amzn-errortype": f"{name}:http://internal.amazon.com/coral/",
            "x-amzn-requestid": "00000000-scripted"}, {"message": message}


def openai_error(status, kind, message):
    code = "invalid_api_key" if status == 401 else None
    return {"x-request-id": "req_scripted"}, {
        "error": {"message": message, "type": kind, "param": None, "code": code}}
