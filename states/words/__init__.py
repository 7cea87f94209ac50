"""Every sentence that people read, in Chinese and English: ids, findings, the terms of a policy file."""
