// Imported before all else, this has the server let in clients of Engine.IO 3.

process.env.ALLOW_EIO3 = "1";
