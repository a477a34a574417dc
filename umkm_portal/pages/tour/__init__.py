"""The guided tour of the practice data: `/coba/`, in Indonesian and English."""
