// Imported before all else, this has the server speak MessagePack.

process.env.PARSER = "msgpack";
