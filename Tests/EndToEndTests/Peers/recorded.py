"""The bytes that a recording holds, put together again as RecordingFormat says, without any code of tapedeck's."""
import base64, json, struct

FRAMES = {
    'raw/chunks': lambda payload: payload,
    'raw/lines': lambda payload: payload + b'\n',
    'raw/u16be': lambda payload: struct.pack('!H', len(payload)) + payload,
    'raw/u32be': lambda payload: struct.pack('!I', len(payload)) + payload,
    'raw/u32be+4': lambda payload: struct.pack('!I', len(payload) + 4) + payload,
    'raw/mp': lambda payload: struct.pack('!i', len(payload)) + payload,
    'json/content-length': lambda payload: b'Content-Length: %d\r\n\r\n' % len(payload) + payload,
}


def events(path, codec):
    """The session, the side and the bytes of each message, in order."""
    with open(path, encoding='utf-8', newline='\n') as lines:
        for line in lines:
            event = json.loads(line)
            if 'from' not in event:
                continue
            if 'raw' in event:
                passed = base64.b64decode(event['raw'])
            else:
                if 'value' in event:
                    payload = line[line.index('"value":') + 8:line.rindex('}')].encode()
                elif 'text' in event:
                    payload = event['text'].encode()
                else:
                    payload = base64.b64decode(event['base64'])
                # What is no message stands there as it came.
                passed = payload if 'error' in event or 'partial' in event else FRAMES[codec](payload)
            yield event['s'], event['from'], passed
