
mod readers;
